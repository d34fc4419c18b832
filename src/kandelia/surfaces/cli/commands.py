"""Commands to devices: send one, list them, show one."""

import threading
import time
from datetime import datetime

import click

from kandelia.base.errors import NotFound
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.commands import facade
from kandelia.kernel.commands.contracts import CommandView
from kandelia.kernel.connections.orders import VALIDITY_S_MAX
from kandelia.kernel.signals import facade as signals
from kandelia.surfaces.cli.options import json_option, organisation_options, say_json, say_table

POLL_S = 0.3


@click.group()
def group() -> None:
    """Commands to devices: send one, list them, show one."""


@group.command()
@click.argument("signal")
@click.argument("value")
@click.option("--reason", required=True, help="Why; it stands in the record.")
@click.option(
    "--valid", "valid_s", default=0, type=click.IntRange(0, VALIDITY_S_MAX), metavar="SECONDS", help="Then it expires."
)
@click.option("--key", default="", help="The same key again answers the command that it made, and sends nothing.")
@click.option(
    "--wait",
    "wait_s",
    default=0.0,
    type=click.FloatRange(0, VALIDITY_S_MAX),
    metavar="SECONDS",
    help="Wait so long for its end; exit code 3 where it was not confirmed.",
)
@organisation_options
@json_option
def send(
    signal: str, value: str, reason: str, valid_s: int, key: str, wait_s: float, viewer: Viewer, as_json: bool
) -> None:
    """Command SIGNAL (number or id) to hold VALUE. It is sent once by the edge, and read back."""
    made = facade.request(viewer, _number(viewer, signal), value, reason, valid_s=valid_s, key=key)
    ends_s, pause = time.monotonic() + wait_s, threading.Event()
    while not made.over and time.monotonic() < ends_s:
        pause.wait(POLL_S)
        made = facade.command(viewer, made.id)
    _say(made, as_json)
    if wait_s and made.state != "confirmed":
        raise click.exceptions.Exit(3)


@group.command("list")
@click.option("--signal", default="", metavar="SIGNAL", help="Only those of a signal (number or id).")
@click.option("--state", default="", help="Only those in a state, such as unknown.")
@click.option("--after", default="", metavar="ID", help="Go on behind this one.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1_000), help="How many at most.")
@organisation_options
@json_option
def list_(signal: str, state: str, after: str, limit: int, viewer: Viewer, as_json: bool) -> None:
    """List commands, the newest first."""
    number = _number(viewer, signal) if signal else 0
    page = facade.commands(viewer, number=number, state=state, after=after, limit=limit)
    if as_json:
        say_json(page.items)
        return
    rows = [
        (str(one.id), _moment(one.created_at), one.signal, one.old, one.wanted, one.read_back, one.state)
        for one in page.items
    ]
    say_table(("ID", "AT", "SIGNAL", "OLD", "WANTED", "READ BACK", "STATE"), rows)
    if page.next:
        click.echo(f"more: kandelia commands list --after {page.next}")


@group.command()
@click.argument("id", type=int)
@organisation_options
@json_option
def show(id: int, viewer: Viewer, as_json: bool) -> None:
    """Show one command."""
    _say(facade.command(viewer, id), as_json)


def _say(view: CommandView, as_json: bool) -> None:
    if as_json:
        say_json(view)
        return
    said = (
        ("command", f"{view.code} (id {view.id})"),
        ("signal", f"{view.signal} ({view.number})"),
        ("state", view.state),
        ("old → wanted", f"{view.old or '?'} → {view.wanted} {view.unit}"),
        ("read back", view.read_back),
        ("reason", view.reason),
        ("requested by", view.requested_by),
        ("expires", _moment(view.expires_at)),
        ("said", view.outcome),
    )
    for name, text in said:
        if text:
            click.echo(f"{name:<14}{text}")


def _number(viewer: Viewer, which: str) -> int:
    if which.isascii() and which.isdigit():
        return int(which)
    found = signals.by_ids(viewer, [which]).get(which)
    if found is None:
        raise NotFound(f'there is no signal "{which[:80]}"', "signal", "see kandelia signals list", "not-found")
    return found.number


def _moment(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
