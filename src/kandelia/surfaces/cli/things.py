"""Sites, areas, lines and machines: whole sites in and out as a file, the tree."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from kandelia.base.errors import InvalidInput
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.templates.site_export import export_site
from kandelia.kernel.templates.site_files import Imported, WrongFile, import_site
from kandelia.kernel.things import facade as things
from kandelia.kernel.things.contracts import LineView, MachineView, SiteView
from kandelia.surfaces.cli.options import json_option, organisation_options, say_json, text_of


@click.group()
def group() -> None:
    """Sites, areas, lines and machines."""


FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
DRY_RUN = click.option("--dry-run", is_flag=True, help="Write nothing; say what would change.")


@group.command("import")
@FILE
@DRY_RUN
@organisation_options
@json_option
def import_(file: Path, dry_run: bool, viewer: Viewer, as_json: bool) -> None:
    """Bring the site file FILE in (YAML; see docs/reference/plant-file.md).

    Importing the same file again changes nothing; what it does not mention stays. With any mistake, all are told by
    line and column and nothing is written.
    """
    _import(file, viewer, as_json, dry_run)


@group.command()
@FILE
@DRY_RUN
@organisation_options
@json_option
def load(file: Path, dry_run: bool, viewer: Viewer, as_json: bool) -> None:
    """The same as import."""
    _import(file, viewer, as_json, dry_run)


@group.command()
@click.argument("site")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write to this file (else printed).")
@organisation_options
def export(site: str, out: Path | None, viewer: Viewer) -> None:
    """Write SITE (its key) with all below it as a site file.

    Its connections and templates come along; secrets by their names only. The same site gives the same bytes.
    """
    text = export_site(viewer, site)
    if out is None:
        click.echo(text.encode(), nl=False)  # UTF-8 whatever the locale
        return
    fresh = out.with_name(f".{out.name}.new")
    fresh.write_text(text, encoding="utf-8", newline="\n")
    fresh.replace(out)


def _import(file: Path, viewer: Viewer, as_json: bool, dry_run: bool) -> None:
    try:
        done = import_site(viewer, text_of(file), file.name, dry_run=dry_run)
    except WrongFile as error:
        for mistake in error.mistakes:
            click.echo(mistake, err=True)
        raise InvalidInput("nothing was written", file.name, "mend the file and import it again") from None
    loaded = done.loaded
    if as_json:
        say_json({**asdict(loaded), **(_details(done) if dry_run else {})})
        return
    if dry_run:
        _say_details(done)
    click.echo(
        f"{loaded.signals} signals: {loaded.signals_created} new, {loaded.signals_changed} changed, "
        f"{loaded.signals_retired} retired; "
        f"things: {loaded.things_created} new, {loaded.things_changed} changed; "
        f"connections: {loaded.connections_created} new, {loaded.connections_changed} changed; "
        f"templates: {loaded.templates_created} new, {loaded.templates_changed} changed, "
        f"on machines: {loaded.instances_created} new, {loaded.instances_changed} changed"
        + ("; nothing was written" if dry_run else "")
    )


def _details(done: Imported) -> dict[str, Any]:
    found = done.signals
    return {
        "dry_run": True,
        "created": [*done.created, *(view.id for view in found.added)],
        "changed": [*done.changed, *(one.after.id for one in found.changed)],
        "retired": [view.id for view in found.retired],
    }


def _say_details(done: Imported) -> None:
    for name in (*done.created, *(view.id for view in done.signals.added)):
        click.echo(f"+ {name}")
    for name in done.changed:
        click.echo(f"~ {name}")
    for one in done.signals.changed:
        for part in one.fields:
            click.echo(f"~ {one.after.id}  {part.name}: {part.before or '–'} → {part.after or '–'}")
    for view in done.signals.retired:
        click.echo(f"- {view.id} (retired)")


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
