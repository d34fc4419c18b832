"""Samples that history could not store: list them, show them, take them out."""

import time
from pathlib import Path

import click
import pyarrow.parquet as pq

from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.signals import quarantined
from kandelia.surfaces.cli.options import json_option, organisation_options, say_json, say_table


@click.group()
def group() -> None:
    """Samples that history could not store: list them, show them, take them out."""


@group.command("list")
@click.option("--after", default="", metavar="NUMBER", help="Only what came after this one.")
@click.option(
    "--limit", default=100, show_default=True, type=click.IntRange(1, quarantined.LIST_MAX), help="How many at most."
)
@organisation_options
@json_option
def list_(after: str, limit: int, viewer: Viewer, as_json: bool) -> None:
    """List what was set aside, oldest first."""
    page = quarantined.list_quarantine(viewer, after=after, limit=limit)
    if as_json:
        say_json(page.items)
        return
    rows = [
        (
            str(one.number),
            time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(one.stored_ns / 1e9)),
            one.stream,
            f"{one.rows} {one.what}",
            ", ".join(f"{reason}: {count}" for reason, count in one.reasons.items()),
        )
        for one in page.items
    ]
    say_table(("NUMBER", "AT", "FROM", "HOLDS", "WHY"), rows)
    if page.next:
        click.echo(f"more: kandelia quarantine list --after {page.next}")


@group.command()
@click.argument("number", type=int)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the rows as Parquet to this file.")
@organisation_options
@json_option
def show(number: int, out: Path | None, viewer: Viewer, as_json: bool) -> None:
    """Show what one document holds."""
    document, table = quarantined.quarantined(viewer, number)
    if out is not None:
        pq.write_table(table, out)
        click.echo(f"{table.num_rows} {document.what} written to {out}", err=as_json)
        return
    rows = list(quarantined.plain_rows(table))
    if as_json:
        say_json({"document": document, "samples": rows})
        return
    head = list(rows[0]) if rows else []
    say_table([name.upper() for name in head], [[str(row[name]) for name in head] for row in rows])
