"""Roles at places: give, end, list."""

import click

from kandelia.kernel.access import facade as access
from kandelia.kernel.access.contracts import PLACE_ROLES, Role, Viewer
from kandelia.surfaces.cli.options import json_option, organisation_options, say_json, say_table
from kandelia.surfaces.cli.token import end_of


@click.group()
def group() -> None:
    """Roles at places: give, end, list."""


@group.command()
@click.argument("sign_in", metavar="NAME")
@click.argument("place")
@click.option(
    "--role",
    type=click.Choice([role.value for role in PLACE_ROLES]),
    default="viewer",
    show_default=True,
    help="What they may do there.",
)
@click.option("--until", metavar="WHEN", help="Days like 90d, or a last day like 2030-12-31; else until ended.")
@organisation_options
def give(sign_in: str, place: str, role: str, until: str | None, viewer: Viewer) -> None:
    """Give the member NAME a role at PLACE: site, site/area, site/area/lines/line or site/area/machine.

    Someone who is to see nothing else has the role "member" (kandelia user role).
    """
    made = access.give_grant(viewer, sign_in, Role(role), place, end_of(until) if until else None)
    click.echo(f"{made.id}: {sign_in} is {role} at {made.place}")


@group.command()
@click.argument("id", type=int)
@organisation_options
def end(id: int, viewer: Viewer) -> None:
    """End the grant ID at once, open live pages too."""
    access.end_grant(viewer, id)
    click.echo(f"grant {id} has ended")


@group.command("list")
@organisation_options
@json_option
def list_(viewer: Viewer, as_json: bool) -> None:
    """Grants that hold now."""
    grants, names = access.list_grants(viewer), {one.id: one.sign_in for one in access.list_people(viewer)}
    if as_json:
        say_json(grants)
        return
    rows = [(str(one.id), names.get(one.person, ""), one.role.value, one.place, _day(one.until)) for one in grants]
    say_table(("id", "name", "role", "place", "until"), rows)


def _day(at: object) -> str:
    return f"{at:%F}" if at else ""
