"""Organisations: add, list."""

import click

from kandelia.base.text import LocalText
from kandelia.kernel.access import facade as access
from kandelia.surfaces.cli.options import data_option, json_option, say_json, say_table


@click.group()
def group() -> None:
    """Organisations: add, list."""


@group.command()
@click.argument("id")
@click.option("--zh", default="", help="Its name in Chinese.")
@click.option("--en", default="", help="Its name in English.")
@click.option("--parent", default="", metavar="ID", help="The organisation above it.")
@data_option
@json_option
def add(id: str, zh: str, en: str, parent: str, as_json: bool) -> None:
    """Add an organisation under a plain ID, which never changes."""
    made = access.add_organisation(id, LocalText(zh, en), parent=parent)
    if as_json:
        say_json(made)
    else:
        click.echo(f"{made.id} is added; next: kandelia user add NAME --org {made.id} --role administrator")


@group.command("list")
@data_option
@json_option
def list_(as_json: bool) -> None:
    """All organisations."""
    organisations = access.list_organisations()
    if as_json:
        say_json(organisations)
        return
    rows = [(one.id, one.name.zh, one.name.en, "active" if one.active else "closed") for one in organisations]
    say_table(("id", "中文", "English", "state"), rows)
