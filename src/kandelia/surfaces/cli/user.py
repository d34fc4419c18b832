"""People: add, disable, enable, reset, reset-code, duties, list."""

import sys

import click

from kandelia.base.errors import InvalidInput, NotFound
from kandelia.kernel.access import facade as access
from kandelia.kernel.access.contracts import PersonView, Role, Viewer
from kandelia.kernel.credentials import facade as credentials
from kandelia.surfaces.cli.options import json_option, organisation_options, say_json, say_table
from kandelia.surfaces.cli.token import role_option

password_option = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input; else one is made and printed."
)


@click.group()
def group() -> None:
    """People: add, disable, enable, reset, reset-code, duties, list."""


@group.command()
@click.argument("sign_in", metavar="NAME")
@role_option
@click.option("--name", default="", help="How the person is called.")
@click.option("--language", type=click.Choice(["zh", "en"]), default=None, help="Of pages; else as the browser asks.")
@click.option("--duty", "duties", multiple=True, metavar="NAME", help="An office held beside the role; repeatable.")
@password_option
@organisation_options
@json_option
def add(
    sign_in: str,
    role: str,
    name: str,
    language: str | None,
    duties: tuple[str, ...],
    password_stdin: bool,
    viewer: Viewer,
    as_json: bool,
) -> None:
    """Add the person NAME, or give one who exists a role here. They change the password at first sign-in."""
    given = _from_stdin() if password_stdin else ""
    person, password = access.add_person(viewer, sign_in, given, Role(role), name=name, language=language or "")
    if duties:
        access.set_duties(viewer, person.sign_in, duties)
    _say(person.sign_in, "" if given else password, "added", as_json)


@group.command()
@click.argument("sign_in", metavar="NAME")
@organisation_options
def disable(sign_in: str, viewer: Viewer) -> None:
    """Shut the person NAME out at once: sessions, tokens and live sockets end."""
    access.disable_person(viewer, sign_in)
    click.echo(f"{sign_in} is disabled")


@group.command()
@click.argument("sign_in", metavar="NAME")
@organisation_options
def enable(sign_in: str, viewer: Viewer) -> None:
    """Let the person NAME in again."""
    access.enable_person(viewer, sign_in)
    click.echo(f"{sign_in} is enabled")


@group.command()
@click.argument("sign_in", metavar="NAME")
@password_option
@organisation_options
@json_option
def reset(sign_in: str, password_stdin: bool, viewer: Viewer, as_json: bool) -> None:
    """Give the person NAME a new password; their sessions end."""
    given = _from_stdin() if password_stdin else ""
    password = access.reset_password(viewer, sign_in, given)
    _say(sign_in, "" if given else password, "reset", as_json)


@group.command("reset-code")
@click.argument("sign_in", metavar="NAME")
@organisation_options
@json_option
def reset_code(sign_in: str, viewer: Viewer, as_json: bool) -> None:
    """Take the second factor of the person NAME away, whose authenticator is lost; their sessions end."""
    had = credentials.reset(viewer, sign_in)
    if as_json:
        say_json({"name": sign_in, "had_second_factor": had})
    else:
        click.echo(f"{sign_in} " + ("signs in by the password alone now" if had else "had no second factor"))


@group.command()
@click.argument("sign_in", metavar="NAME")
@click.option("--set", "names", metavar="A,B", help="Hold these from now on and no others; empty for none.")
@organisation_options
@json_option
def duties(sign_in: str, names: str | None, viewer: Viewer, as_json: bool) -> None:
    """The duties of the person NAME; with --set they hold these from now on."""
    person = next((one for one in access.list_people(viewer) if one.sign_in == sign_in), None)
    if person is None:
        raise NotFound(f'nobody called "{sign_in}" here', viewer.organisation, "see `kandelia user list`", "no-person")
    if names is not None:
        access.set_duties(viewer, sign_in, [name.strip() for name in names.split(",") if name.strip()])
    held = sorted(access.duties_of(viewer.organisation).get(person.id, ()))
    if as_json:
        say_json({"name": sign_in, "duties": held})
    else:
        click.echo(f"{sign_in}: {', '.join(held) or 'none'}")


@group.command("list")
@organisation_options
@json_option
def list_(viewer: Viewer, as_json: bool) -> None:
    """People with a role in the organisation."""
    people = access.list_people(viewer)
    if as_json:
        say_json([_plain(person) for person in people])
        return
    rows = [
        (one.sign_in, one.name, one.roles[viewer.organisation].value, "active" if one.active else "disabled")
        for one in people
    ]
    say_table(("name", "called", "role", "state"), rows)


def _from_stdin() -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise InvalidInput("no password came", "standard input", "pipe it in: … | kandelia user … --password-stdin")
    return password


def _say(sign_in: str, password: str, deed: str, as_json: bool) -> None:
    if as_json:
        say_json({"name": sign_in, "password": password} if password else {"name": sign_in})
        return
    click.echo(f"{sign_in} is {deed}" + (f"; password: {password}" if password else ""))


def _plain(person: PersonView) -> dict[str, object]:
    return {
        "id": person.id,
        "name": person.sign_in,
        "called": person.name,
        "active": person.active,
        "roles": {organisation: role.value for organisation, role in person.roles.items()},
    }
