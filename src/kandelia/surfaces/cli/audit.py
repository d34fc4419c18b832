"""The audit: list, verify."""

import sys

import click
from django.utils import timezone

from kandelia.kernel.access import facade as access
from kandelia.kernel.access.contracts import Viewer
from kandelia.surfaces.cli.options import data_option, json_option, organisation_options, say_json, say_table

EXIT_BROKEN = 2


@click.group()
def group() -> None:
    """The audit: list, verify."""


@group.command("list")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1_000))
@organisation_options
@json_option
def list_(limit: int, viewer: Viewer, as_json: bool) -> None:
    """The newest rows of the organisation."""
    page = access.list_audit(viewer, limit=limit)
    if as_json:
        say_json(page.items)
        return
    rows = [
        (str(row.id), timezone.localtime(row.at).strftime("%Y-%m-%d %H:%M:%S"), row.subject, row.action, row.target)
        for row in page.items
    ]
    say_table(("id", "at", "who", "did", "to"), rows)


@group.command()
@data_option
def verify() -> None:
    """Check the hash of every row; exit code 2 names the first that was changed or removed."""
    broken = access.verify_chain()
    if broken is not None:
        click.echo(f"row {broken} does not fit the row before it: the audit was changed", err=True)
        sys.exit(EXIT_BROKEN)
    click.echo("the audit is whole")
