"""The policy library from the command line."""

from pathlib import Path

import click

from kandelia.apps.policy import facade
from kandelia.sdk.records import access


@click.group()
def policy() -> None:
    """The policy library."""


@policy.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--organisation", default="main", help="Whose library it is.")
def load(file: Path | None, organisation: str) -> None:
    """Bring in FILE (YAML), or the plan and its 24 measures where none is given; again changes only what differs."""
    text = file.read_text() if file else ""
    loaded = facade.load(access.system_viewer(organisation), text, file.name if file else "")
    click.echo(f"{loaded.made} made, {loaded.changed} changed")
