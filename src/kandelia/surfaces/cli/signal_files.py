"""Commands over files of signals: loading with a mapping, exports, tag lists of other systems."""

import shutil
import sys
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click
import orjson
import yaml

from kandelia.base.errors import InvalidInput, KandeliaError, NotFound, Unavailable
from kandelia.base.parsing import length_ns, time_ns
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.transfers import direct, exporting, importing, tagging
from kandelia.kernel.transfers.logic.findings import Found
from kandelia.kernel.transfers.logic.plans import Plan, plain, read_plan
from kandelia.kernel.transfers.plane import reading
from kandelia.surfaces.cli.options import json_option, organisation_options, say_json, say_table, text_of

POLL_S = 0.3
WAIT_S = 24 * 3_600.0


def load_mapped(
    viewer: Viewer,
    file: Path,
    mapping: Path | None,
    zone: str,
    machine: str,
    report: Path | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Load any table by a mapping, or by the one that is found."""
    found = reading.inspect(file)
    plan = _plan(viewer, found, mapping, zone, machine)
    if dry_run:
        _say_preview(viewer, file, found, plan, as_json)
        return
    with report.open("wb") if report else nullcontext(None) as lines:
        total = direct.load(viewer, file, found, plan, _teller(file, as_json), lines)
    if as_json:
        say_json({"rows": total.rows, "samples": total.samples, "wrong": total.wrong})
        return
    click.echo(f"{total.samples} samples stored of {total.rows} rows")
    for what, count in sorted(total.wrong.items()):
        click.echo(f"{count} × {what}", err=True)


def _plan(viewer: Viewer, found: Found, mapping: Path | None, zone: str, machine: str) -> Plan:
    plan = importing.propose_plan(viewer, found, machine)
    if mapping is not None:
        try:
            told = yaml.safe_load(text_of(mapping))
        except yaml.YAMLError as error:
            raise InvalidInput(f"this is no YAML ({error})"[:300], str(mapping), "mend the file", "mapping") from error
        given = plain(read_plan(told))
        base = plain(plan)
        time_of = {**base["time"], **{key: value for key, value in given["time"].items() if value}}
        kept = {key: given[key] or base[key] for key in ("names", "value", "quality")}
        plan = read_plan({**base, **given, **kept, "form": told.get("form", base["form"]), "time": time_of})
    if zone:
        plan = read_plan({**plain(plan), "time": {**plain(plan)["time"], "zone": zone}})
    return plan


def _say_preview(viewer: Viewer, file: Path, found: Found, plan: Plan, as_json: bool) -> None:
    made: dict[str, Any] = {"samples": [], "wrong": [], "times": []}
    open_question = ""
    try:
        made = importing.preview_file(viewer, file, found, plan)
    except KandeliaError as error:
        open_question = str(error)
    if as_json:
        told = {"found": importing.told(found), "mapping": plain(plan), "open": open_question, **made}
        click.echo(orjson.dumps(told, default=str).decode())
        return
    click.echo(f"# {found.format}, {found.form}; unclear: {', '.join(found.unclear) or 'nothing'}")
    click.echo(yaml.safe_dump(plain(plan), allow_unicode=True, sort_keys=False))
    rows = [(one["signal"], str(one["time"]), _value(one)) for one in made["samples"]]
    say_table(("SIGNAL", "TIME", "VALUE"), rows)
    for one in made["wrong"]:
        click.echo(f"line {one.line}, {one.column}: {one.what} {one.cell}", err=True)
    if open_question:
        click.echo(open_question, err=True)


def _value(sample: dict[str, Any]) -> str:
    return (
        ""
        if sample["kind"] == 0
        else sample["text"] or str(sample["value"] if sample["kind"] == 1 else sample["integer"])
    )


def _teller(file: Path, as_json: bool) -> Callable[[float, int], None] | None:
    if as_json or not sys.stderr.isatty():
        return None

    def tell(share: float, samples: int) -> None:
        click.echo(f"\r{file.name}: {share:.0%}, {samples} samples", nl=share >= 1, err=True)

    return tell


@click.command("export")
@click.argument("signal", nargs=-1, required=True)
@click.option("--from", "start", required=True, metavar="TIME", help="ISO 8601 with a zone, or ms since 1970.")
@click.option("--to", "end", required=True, metavar="TIME", help="Where it ends (not included).")
@click.option("--every", default="", metavar="LENGTH", help="Averages in buckets of a length: 1m, 1h.")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(exporting.FORMATS)),
    default="parquet",
    show_default=True,
    help="How rows are written.",
)
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Where the file goes.")
@organisation_options
@json_option
def export(
    signal: tuple[str, ...], start: str, end: str, every: str, form: str, out: Path, viewer: Viewer, as_json: bool
) -> None:
    """Write the history of the signals SIGNAL … (ids or numbers) into a file, as a job of the running platform."""
    bucket_ns = length_ns(every, "--every") if every else 0
    view = exporting.begin(
        viewer, _numbers(viewer, signal), time_ns(start, "--from"), time_ns(end, "--to"), form, bucket_ns=bucket_ns
    )
    until_s = time.monotonic() + WAIT_S
    while view.state in ("waiting", "writing") and time.monotonic() < until_s:
        threading.Event().wait(POLL_S)
        view = exporting.view(viewer, view.id)
    if view.state != "done":
        raise Unavailable(view.error or f"the export is {view.state}", "export", "see kandelia status", "export-failed")
    path, _, _ = exporting.file_of(viewer, view.id)
    shutil.copyfile(path, out)
    if as_json:
        say_json({"rows": view.rows, "bytes": view.bytes, "file": str(out)})
    else:
        click.echo(f"{view.rows} rows, {view.bytes} bytes in {out}")


def _numbers(viewer: Viewer, names: tuple[str, ...]) -> list[int]:
    plain_numbers = [name for name in names if name.isascii() and name.isdigit() and len(name) <= 10]
    found = signals.by_ids(viewer, [name for name in names if name not in plain_numbers])
    for name in names:
        if name not in plain_numbers and name not in found:
            raise NotFound(f'there is no signal "{name[:120]}"', "signal", "see kandelia signals list", "not-found")
    return [int(name) if name in plain_numbers else found[name].number for name in names]


@click.command("import-tags")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--from", "source", required=True, type=click.Choice(list(tagging.SOURCES)), help="Who wrote the list.")
@click.option("--connection", required=True, metavar="KEY", help="The connection that will read the tags.")
@click.option("--machine", default="", metavar="PATH", help="All signals on this machine.")
@click.option("--area", default="", metavar="SITE/AREA", help="Each first folder a machine of this area.")
@click.option("--prefix", default="", metavar="CHANNEL.DEVICE", help="Of Kepware's node ids, for OPC UA.")
@click.option(
    "--order", default="", type=click.Choice(["", "ABCD", "CDAB", "BADC", "DCBA"]), help="Of bytes, for Modbus."
)
@click.option("--dry-run", is_flag=True, help="Only say what it would become.")
@organisation_options
@json_option
def import_tags(
    file: Path,
    source: str,
    connection: str,
    machine: str,
    area: str,
    prefix: str,
    order: str,
    dry_run: bool,
    viewer: Viewer,
    as_json: bool,
) -> None:
    """Take over the tag list FILE of Kepware or Ignition as signals. Done twice, it changes nothing the second time."""
    asked = tagging.Asked(source, connection, machine, area, prefix, order)
    made = tagging.read(viewer, tagging.text_of(file.read_bytes()), file.name, asked)
    written = None if dry_run else tagging.apply(viewer, made)
    if as_json:
        say_json(tagging.told(made, written))
        return
    rows = [(one.id, one.kind.name.lower(), one.unit, one.address) for one in made.tags]
    say_table(("SIGNAL", "KIND", "UNIT", "ADDRESS"), rows)
    for one in made.mistakes:
        click.echo(f"{one.where}: {one.name}: {one.what}", err=True)
    done = f"{len(written.created)} made, {len(written.changed)} changed" if written else "nothing written"
    click.echo(f"{len(made.tags)} signals, {len(made.mistakes)} left out; {done}", err=True)
