"""The audit: list, verify."""

import sys

import click
from django.utils import timezone

from kandelia.kernel.access import facade as access
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.records.steps import verify_steps
from kandelia.surfaces.cli.options import data_option, json_option, organisation_options, say_json, say_table

EXIT_BROKEN = 2


@click.group()
def group() -> None:
    """The audit: list, verify."""


@group.command("list")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1_000), help="How many at most.")
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
    """Check every row of the audit, and the steps of records; exit code 2 names the first that was changed."""
    broken = access.verify_chain()
    if broken is not None:
        click.echo(f"row {broken} does not fit the row before it: the audit was changed", err=True)
        sys.exit(EXIT_BROKEN)
    step = verify_steps()
    if step is not None:
        click.echo(f"step {step} of a record does not fit its row of the audit: the step was changed", err=True)
        sys.exit(EXIT_BROKEN)
    click.echo("the audit is whole, and every step of a record fits it")
