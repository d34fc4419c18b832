"""Connections to devices and servers: list them, browse what they offer."""

import click

from kandelia.base.errors import Unavailable
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.connections import facade as connections
from kandelia.kernel.connections.contracts import ConnectionState
from kandelia.surfaces.cli.options import json_option, organisation_options, say_json, say_table


@click.group()
def group() -> None:
    """Connections to devices and servers."""


@group.command("list")
@organisation_options
@json_option
def list_all(viewer: Viewer, as_json: bool) -> None:
    """List all with their revisions and state.

    WANTED is what was configured last, PUBLISHED what has reached the bus, RUNNING what an edge works by.
    """
    views, states = connections.list_connections(viewer), _states(viewer)
    if as_json:
        say_json([{"connection": view, "state": states.get(view.key)} for view in views])
        return
    rows = [
        (
            view.key,
            view.site,
            view.driver,
            _state(states.get(view.key), view.enabled),
            str(view.revision),
            str(view.published),
            str(states[view.key].revision_running) if view.key in states else "-",
            view.name.say(viewer.language),
        )
        for view in views
    ]
    say_table(("KEY", "SITE", "DRIVER", "STATE", "WANTED", "PUBLISHED", "RUNNING", "NAME"), rows)
    for key, state in states.items():
        if state.error:
            click.echo(f"! {key}: {state.error}" + (f"; {state.mend}" if state.mend else ""))


@group.command()
@click.argument("key")
@click.option("--node", default="", metavar="ADDRESS", help="Where to look; the root without it.")
@organisation_options
@json_option
def browse(key: str, node: str, viewer: Viewer, as_json: bool) -> None:
    """Show what stands below a node in the address space of connection KEY; an edge must run."""
    nodes = connections.browse(viewer, key, node)
    if as_json:
        say_json(nodes)
        return
    rows = [
        (
            found.address,
            "folder" if found.kind is None else found.kind.name.lower(),
            found.unit,
            "+" if found.has_children else "",
            found.name,
        )
        for found in nodes
    ]
    say_table(("ADDRESS", "KIND", "UNIT", "MORE", "NAME"), rows)


def _states(viewer: Viewer) -> dict[str, ConnectionState]:
    try:
        return connections.states(viewer)
    except Unavailable as error:
        click.echo(f"the states are not known: {error}", err=True)
        return {}


def _state(state: ConnectionState | None, enabled: bool) -> str:
    if state is not None:
        return str(state.state)
    return "unknown" if enabled else "off"
