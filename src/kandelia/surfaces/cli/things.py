"""Sites, areas, lines and machines: load a plant file, show the tree."""

from pathlib import Path

import click

from kandelia.base.errors import InvalidInput
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.signals.plant_loading import WrongFile, load_plant
from kandelia.kernel.things import facade as things
from kandelia.kernel.things.contracts import LineView, MachineView, SiteView
from kandelia.surfaces.cli.options import json_option, organisation_options, say_json, text_of


@click.group()
def group() -> None:
    """Sites, areas, lines and machines."""


@group.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@organisation_options
@json_option
def load(file: Path, viewer: Viewer, as_json: bool) -> None:
    """Bring the plant file FILE in (YAML; see docs/reference/plant-file.md).

    Loading the same file again changes nothing. With any mistake, all are told and nothing is written.
    """
    try:
        loaded = load_plant(viewer, text_of(file), file.name)
    except WrongFile as error:
        for mistake in error.mistakes:
            click.echo(mistake, err=True)
        raise InvalidInput("nothing was written", file.name, "mend the file and load it again") from None
    if as_json:
        say_json(loaded)
        return
    click.echo(
        f"{loaded.signals} signals: {loaded.signals_created} new, {loaded.signals_changed} changed; "
        f"things: {loaded.things_created} new, {loaded.things_changed} changed; "
        f"connections: {loaded.connections_created} new, {loaded.connections_changed} changed"
    )


@group.command()
@organisation_options
@json_option
def tree(viewer: Viewer, as_json: bool) -> None:
    """Show everything there is, in plant order."""
    sites = things.tree(viewer)
    if as_json:
        say_json(sites)
        return
    for site in sites:
        _say_site(site, viewer.language)


def _say_site(site: SiteView, language: str) -> None:
    click.echo(_label(site.key, site.name.say(language)))
    for area in site.areas:
        click.echo(f"  {_label(area.key, area.name.say(language))}")
        for line in area.lines:
            _say_line(line, language)
        for machine in area.machines:
            _say_machine(machine, language, 4)


def _say_line(line: LineView, language: str) -> None:
    click.echo(f"    {_label(line.key, line.name.say(language))}")
    for machine in line.machines:
        _say_machine(machine, language, 6)


def _say_machine(machine: MachineView, language: str, indent: int) -> None:
    click.echo(" " * indent + _label(machine.key, machine.name.say(language)) + f"  [{machine.path}]")


def _label(key: str, name: str) -> str:
    return f"{key}  {name}".rstrip()
