"""API tokens: create, list, revoke."""

import re
from datetime import datetime, timedelta

import click
from django.utils import timezone
from django.utils.dateparse import parse_date

from kandelia.base.errors import InvalidInput, NotFound
from kandelia.kernel.access import facade as access
from kandelia.kernel.access.contracts import Role, TokenView, Viewer
from kandelia.surfaces.cli.options import json_option, organisation_options, say_json, say_table

role_option = click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.VIEWER.value,
    show_default=True,
    help="What it may do; give the least that is enough.",
)
DAYS = re.compile(r"(\d{1,4})d")


@click.group()
def group() -> None:
    """API tokens: create, list, revoke."""


@group.command()
@click.argument("name")
@role_option
@click.option("--duty", "duties", multiple=True, metavar="NAME", help="An office it also holds; may be repeated.")
@click.option("--place", "places", multiple=True, help="Where the role counts, such as site/area; repeatable.")
@click.option("--expires", metavar="WHEN", help="Days like 90d, or a last day like 2030-12-31; else until revoked.")
@organisation_options
@json_option
def create(
    name: str,
    role: str,
    duties: tuple[str, ...],
    places: tuple[str, ...],
    expires: str | None,
    viewer: Viewer,
    as_json: bool,
) -> None:
    """Make a token NAME and print its secret, this once."""
    made, secret = access.create_token(
        viewer, name, Role(role), end_of(expires) if expires else None, duties=duties, places=places
    )
    if as_json:
        say_json(
            {"id": made.id, "name": made.name, "role": made.role, "organisation": made.organisation, "token": secret}
        )
        return
    click.echo(secret)
    click.echo("Keep it now: it is shown this once.", err=True)


@group.command("list")
@organisation_options
@json_option
def list_(viewer: Viewer, as_json: bool) -> None:
    """Tokens of the organisation that are not revoked."""
    tokens = access.list_tokens(viewer)
    if as_json:
        say_json(tokens)
        return
    head = ("id", "name", "role", "begins", "made by", "last used", "expires")
    say_table(head, [_row(token) for token in tokens])


@group.command()
@click.argument("which", metavar="ID|NAME")
@organisation_options
def revoke(which: str, viewer: Viewer) -> None:
    """End a token at once; its live sockets close."""
    found = [token for token in access.list_tokens(viewer) if which in (token.id, token.name)]
    if not found:
        raise NotFound(f'no token "{which}"', viewer.organisation, "see kandelia token list", "token-unknown")
    access.revoke_token(viewer, found[0].id)
    click.echo(f"{found[0].name} is revoked")


def _row(token: TokenView) -> tuple[str, ...]:
    return (
        token.id,
        token.name,
        token.role.value,
        f"{token.prefix}…",
        token.created_by,
        _day(token.last_used_at) or "never",
        _day(token.expires_at) or "–",
    )


def _day(at: datetime | None) -> str:
    return timezone.localtime(at).strftime("%Y-%m-%d %H:%M") if at else ""


def end_of(text: str) -> datetime:
    """The time that --expires names; InvalidInput where it is none."""
    if days := DAYS.fullmatch(text):
        return timezone.now() + timedelta(days=int(days.group(1)))
    try:
        day = parse_date(text)
    except ValueError:
        day = None
    if day is None:
        raise InvalidInput(f'"{text}" is no time', "--expires", "write 90d or 2030-12-31")
    return timezone.make_aware(datetime.combine(day, datetime.max.time()))
