"""Connections to devices and servers: list them, browse what they offer."""

from pathlib import Path

import click

from kandelia.base.errors import InvalidInput, Unavailable
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.connections import facade as connections
from kandelia.kernel.connections.contracts import ConnectionState
from kandelia.kernel.signals import mapping
from kandelia.surfaces.cli.options import json_option, organisation_options, say_json, say_table, text_of


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


@group.command("map")
@click.argument("key")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--machine", required=True, metavar="PATH", help="site/area/machine or site/area/line/machine.")
@click.option("--check", is_flag=True, help="Only show what would be made.")
@organisation_options
@json_option
def map_registers(key: str, file: Path, machine: str, check: bool, viewer: Viewer, as_json: bool) -> None:
    """Make a signal of each row of a device's register map FILE (CSV with a head line, or YAML), over connection KEY.

    With any mistake, all are told and nothing is written. The columns stand in the README of the driver.
    """
    mapped = mapping.map_file(viewer, text_of(file), file.name, key, machine)
    for mistake in mapped.mistakes:
        click.echo(mistake, err=True)
    if mapped.mistakes:
        raise InvalidInput("nothing was written", file.name, "mend the file and map it again")
    written = None if check else mapping.make_mapped(viewer, mapped)
    if as_json:
        say_json(mapped.signals)
    elif written is None:
        say_table(
            ("KEY", "KIND", "UNIT", "ADDRESS"),
            [(s.key, s.kind.name.lower(), s.unit, s.address) for s in mapped.signals],
        )
    else:
        click.echo(f"{len(mapped.signals)} signals: {len(written.created)} new, {len(written.changed)} changed")


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
