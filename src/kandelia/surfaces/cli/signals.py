"""Signals: list them, ask for their history, load samples from files."""

import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, BinaryIO

import click
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from kandelia.base.errors import InvalidInput, NotFound
from kandelia.base.parsing import length_ns, time_ns
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.signals import loading, queries
from kandelia.kernel.signals.contracts import TREND_POINTS_MAX
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.signals.logic import formats
from kandelia.ports.history import AGGREGATE_SCHEMA, RAW_SCHEMA
from kandelia.surfaces.cli.options import json_option, organisation_options, say_json, say_table
from kandelia.surfaces.cli.signal_files import export, import_tags, load_mapped

PAGE_ROWS = 1_000
LIST_ROWS = 100


@click.group()
def group() -> None:
    """Signals and their history."""


@group.command("list")
@click.argument("search", default="")
@click.option("--machine", default="", metavar="PATH", help="Only those of a machine, area or site.")
@click.option("--connection", default="", metavar="KEY", help="Only those of a connection.")
@click.option("--limit", default=LIST_ROWS, type=click.IntRange(1), show_default=True, help="How many at most.")
@organisation_options
@json_option
def list_some(search: str, machine: str, connection: str, limit: int, viewer: Viewer, as_json: bool) -> None:
    """List signals; SEARCH takes words found in ids and names."""
    found: list[SignalView] = []
    after, total = "", 0
    while len(found) < limit:
        page = signals.list_signals(
            viewer,
            search=search,
            machine=machine,
            connection=connection,
            after=after,
            limit=min(PAGE_ROWS, limit - len(found)),
        )
        found += page.items
        total, after = page.total if page.total is not None else total, page.next
        if not after:
            break
    if as_json:
        say_json(found)
        return
    rows = [
        (str(one.number), one.id, one.kind.name.lower(), one.unit, one.connection, one.name.say(viewer.language))
        for one in found
    ]
    say_table(("NUMBER", "ID", "KIND", "UNIT", "CONNECTION", "NAME"), rows)
    if len(found) < total:
        click.echo(f"{len(found)} of {total}; ask for more with --limit", err=True)


@group.command()
@click.argument("id")
@click.option("--from", "start", required=True, metavar="TIME", help="ISO 8601 with a zone, or ms since 1970.")
@click.option("--to", "end", required=True, metavar="TIME", help="Where it ends (not included).")
@click.option("--points", type=click.IntRange(1, TREND_POINTS_MAX), help="In so many buckets at most.")
@click.option("--every", metavar="LENGTH", help="In buckets of a length: 10s, 1m, 1h, 1d.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "json", "parquet"]),
    default="csv",
    show_default=True,
    help="How rows are written.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Into a file (parquet needs one).")
@organisation_options
def query(
    id: str, start: str, end: str, points: int | None, every: str | None, form: str, out: Path | None, viewer: Viewer
) -> None:
    """Print the history of the signal ID (or number): every sample, or min, max, avg … by bucket."""
    if points and every:
        raise InvalidInput("--points and --every together", "options", "use one of them", "options")
    if form == "parquet" and out is None:
        raise InvalidInput("parquet is not for a terminal", "--out", "name a file", "options")
    view = _find(viewer, id)
    window = time_ns(start, "--from"), time_ns(end, "--to")
    if not points and not every:
        found, schema = queries.raw(viewer, [view.number], *window), RAW_SCHEMA
    elif points:
        found, schema = queries.trend(viewer, [view.number], *window, points), AGGREGATE_SCHEMA
    else:
        found = queries.every(viewer, [view.number], *window, length_ns(every or "", "--every"))
        schema = AGGREGATE_SCHEMA
    with out.open("wb") if out else nullcontext(sys.stdout.buffer) as file:
        _write(found, view, form, file, schema)


def _write(found: Iterator[pa.RecordBatch], view: SignalView, form: str, file: BinaryIO, schema: pa.Schema) -> None:
    ids = {view.number: view.id}
    if form == "parquet":
        formats.write_parquet(found, ids, file, schema)
    elif form == "csv":
        head = formats.RAW_HEAD if schema is RAW_SCHEMA else formats.TREND_HEAD
        for chunk in formats.csv_chunks(found, ids, head):
            file.write(chunk)
    else:
        table = formats.table_of(found)
        columns: dict[str, Any] = (
            formats.raw_columns(table)
            if schema is RAW_SCHEMA
            else formats.trend_columns(table, ids, False)[str(view.number)]
        )
        document = {"number": view.number, "id": view.id, **columns}
        file.write(orjson.dumps(document, option=formats.JSON_OPTIONS) + b"\n")
    file.flush()


@group.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--mapping", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="YAML or JSON: columns to signals."
)
@click.option("--zone", default="", metavar="ZONE", help="Of times that name none: Asia/Shanghai, +08:00.")
@click.option(
    "--machine", default="", metavar="PATH", help="Columns that fit no signal become new ones on this machine."
)
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="Lines that do not fit, as CSV.")
@click.option("--dry-run", is_flag=True, help="Only say what the file holds, the mapping, and the first samples.")
@organisation_options
@json_option
def load(
    file: Path,
    mapping: Path | None,
    zone: str,
    machine: str,
    report: Path | None,
    dry_run: bool,
    viewer: Viewer,
    as_json: bool,
) -> None:
    """Load the samples of FILE (CSV, Parquet or XLSX) over the bus.

    A Parquet file with the columns signal (id or number), time and value (quality and lag_ms as it likes) needs no
    mapping. Of any other file, columns or names are mapped by name, by --mapping, or to new signals by --machine. What
    was loaded before is not stored twice. Returns once the bus has everything on disk; history takes it from there.
    """
    if mapping or zone or machine or report or dry_run or not _speaks_for_itself(file):
        load_mapped(viewer, file, mapping, zone, machine, report, dry_run, as_json)
        return
    rows = pq.ParquetFile(file).metadata.num_rows
    if as_json or not sys.stderr.isatty():
        stored = loading.load_file(viewer, file)
    else:
        with click.progressbar(length=rows, label=file.name, file=sys.stderr) as bar:
            stored = loading.load_file(viewer, file, _told_to(bar))
    if as_json:
        say_json({"rows": stored})
    else:
        click.echo(f"{stored} samples stored")


def _told_to(bar: Any) -> Callable[[int, int], None]:
    def tell(stored: int, _total: int) -> None:
        bar.update(stored - bar.pos)

    return tell


def _speaks_for_itself(file: Path) -> bool:
    """A Parquet file with our own columns, as an export is."""
    with file.open("rb") as opened:
        if opened.read(4) != b"PAR1":
            return False
    try:
        return {"signal", "value"} <= set(pq.read_schema(file).names)
    except (pa.ArrowException, OSError):
        return False


group.add_command(export)
group.add_command(import_tags)


def _find(viewer: Viewer, id: str) -> SignalView:
    if id.isascii() and id.isdigit() and len(id) <= 10:
        return signals.signal(viewer, int(id))
    found = signals.by_ids(viewer, [id]).get(id)
    if found is None:
        mend = "see kandelia signals list"
        raise NotFound(f'there is no signal "{id}"', "signal", mend, "not-found")
    return found
