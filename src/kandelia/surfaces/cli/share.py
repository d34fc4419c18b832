"""Sharing with other organisations: offer, accept, decline, end, list, looks."""

from datetime import datetime

import click

from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.sharing import facade as sharing
from kandelia.kernel.sharing.facade import Offer
from kandelia.surfaces.cli.options import json_option, organisation_options, say_json, say_table

day = click.DateTime(["%Y-%m-%d"])


@click.group()
def group() -> None:
    """Sharing with other organisations: offer, accept, decline, end, list, looks."""


@group.command()
@click.argument("partner")
@click.option("--place", default="", help="A site, site/area, site/area/lines/line or site/area/machine.")
@click.option(
    "--signal", "signals", type=int, multiple=True, help="A signal by number, instead of a place; repeatable."
)
@click.option("--since", type=day, help="No data older than this day.")
@click.option("--until", type=day, help="The last day.")
@click.option("--export", is_flag=True, help="Also as files.")
@click.option("--purpose", default="", help="What it is for.")
@organisation_options
def offer(
    partner: str,
    place: str,
    signals: tuple[int, ...],
    since: datetime | None,
    until: datetime | None,
    export: bool,
    purpose: str,
    viewer: Viewer,
) -> None:
    """Offer to share a place or signals with the organisation PARTNER; it sees nothing before it accepts."""
    first, last = (one.date() if one else None for one in (since, until))
    made = sharing.offer(viewer, Offer(partner, place, signals, first, last, export, purpose))
    click.echo(f"share {made.id} is offered to {partner}")


@group.command()
@click.argument("id", type=int)
@organisation_options
def accept(id: int, viewer: Viewer) -> None:
    """Accept what is offered to the organisation (--org)."""
    click.echo(f"share {id} is {sharing.accept(viewer, id).state}")


@group.command()
@click.argument("id", type=int)
@organisation_options
def decline(id: int, viewer: Viewer) -> None:
    """Decline what is offered to the organisation (--org)."""
    click.echo(f"share {id} is {sharing.decline(viewer, id).state}")


@group.command()
@click.argument("id", type=int)
@organisation_options
def end(id: int, viewer: Viewer) -> None:
    """End a share at once, from either side."""
    click.echo(f"share {id} is {sharing.end(viewer, id).state}")


@group.command("list")
@organisation_options
@json_option
def list_(viewer: Viewer, as_json: bool) -> None:
    """What the organisation shares, and what is shared with it."""
    found = sharing.shares(viewer)
    if as_json:
        say_json(found)
        return
    rows = [
        (
            str(one.id),
            one.owner,
            one.partner,
            one.place or f"{len(one.signals)} signals",
            str(one.until or ""),
            one.state,
        )
        for one in found
    ]
    say_table(("id", "owner", "partner", "what", "until", "state"), rows)


@group.command()
@organisation_options
@json_option
def looks(viewer: Viewer, as_json: bool) -> None:
    """Who looked at what the organisation shares, by person, day and machine."""
    found = sharing.looks(viewer)
    if as_json:
        say_json(found)
        return
    rows = [(str(one.share), one.partner, one.name, f"{one.day:%F}", one.group, str(one.times)) for one in found]
    say_table(("share", "partner", "person", "day", "machine", "times"), rows)
