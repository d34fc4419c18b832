"""The job that loads an import: block by block over the bus, going on after a stop with the first block not stored.

A block's messages carry ids made of the import and its place, and history knows rows that it has; so a block that
is sent twice is stored once.
"""

import csv
import io
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
from django.utils import timezone

from kandelia.base.errors import NotFound, Unavailable
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.access.facade import system_viewer
from kandelia.kernel.events import bridge
from kandelia.kernel.jobs.contracts import JobContext
from kandelia.kernel.signals import queries
from kandelia.kernel.signals.logic.tables import Known
from kandelia.kernel.signals.plane.loading import Source, load_table
from kandelia.kernel.transfers import aiming, places
from kandelia.kernel.transfers.contracts import ImportState
from kandelia.kernel.transfers.importing import JOB_KIND, found_of
from kandelia.kernel.transfers.logic.converting import ROW_WRONG, Converted, Converter, Counted, Wrong
from kandelia.kernel.transfers.logic.plans import Plan, read_plan
from kandelia.kernel.transfers.models import Import
from kandelia.kernel.transfers.plane import reading
from kandelia.kernel.transfers.plane.reading import Block
from kandelia.ports.bus import Bus

KIND = JOB_KIND
SOURCE = "import"
BLOCK_TIMEOUT_S = 600.0
KNOWN_WAIT_S, KNOWN_POLL_S = 60.0, 0.2
REPORT_LINES_MAX = 100_000
REPORT_HEAD = ("line", "column", "what", "cell")


def work(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Load what is not loaded yet."""
    row = Import.objects.filter(pk=payload["import"], organisation=context.organisation).first()
    if row is None or not places.import_file(row.organisation, row.id).exists():
        raise NotFound("the import or its file is gone", "import", "send it again", "gone")
    if row.state == ImportState.LOADING:
        _load(context, row)
    return {"import": row.id, "rows": row.rows, "samples": row.samples, "wrong": sum(row.wrong.values())}


def _load(context: JobContext, row: Import) -> None:
    viewer, plan, found = system_viewer(row.organisation), read_plan(row.plan), found_of(row.found)
    aims = aiming.aims(viewer, plan)
    context.progress(0.0, "waiting for history to hear of the signals")
    wait_known(viewer, [aim.number for aim in aims.values()])
    source = source_of(row.organisation, plan)
    known = {aim.number: Known(aim.number, aim.kind) for aim in aims.values()}
    converter = Converter(plan, aims, time.time_ns(), found.dialect.decimal)
    path = places.import_file(row.organisation, row.id)
    names = [one.name for one in found.columns]
    with _report(row) as report:
        for place, block in enumerate(reading.blocks(path, found.format, found.dialect, names)):
            if place < row.blocks:
                continue
            context.progress(min(0.99, block.share), f"{row.samples:,} samples stored")
            made = with_broken(converter.convert(block.table, block.lines, REPORT_LINES_MAX), block)
            send(made.samples, source, known, f"{row.id}-{place}")
            _keep(row, made, report, place + 1)
    row.state, row.finished_at = ImportState.DONE, timezone.now()
    row.save(update_fields=["state", "finished_at"])


def wait_known(viewer: Viewer, numbers: Sequence[int]) -> None:
    """Until history has heard of signals that were made a moment ago: it sets aside what it does not know."""
    until_s = time.monotonic() + KNOWN_WAIT_S
    while True:
        try:
            for _ in queries.last(viewer, numbers):
                pass
            return
        except Unavailable as error:
            if error.code != "not-yet-known" or time.monotonic() > until_s:
                raise
        threading.Event().wait(KNOWN_POLL_S)


def source_of(organisation: str, plan: Plan) -> Source:
    """The subject's site: the one of the first signal."""
    first = min((target.id for target in plan.targets.values()), default="-.")
    return Source(organisation, first.partition(".")[0], SOURCE)


def send(samples: pa.Table, source: Source, known: Mapping[int, Known], name: str) -> None:
    """Store rows on the bus; on disk there when it returns. The same `name` stores nothing twice for a while."""
    if not samples.num_rows:
        return

    async def load(bus: Bus) -> int:
        return await load_table(bus, samples, source, known, load=name)

    bridge.bus_call(load, BLOCK_TIMEOUT_S)


def with_broken(made: Converted, block: Block) -> Converted:
    """With the lines that are no rows."""
    made.counted.note(ROW_WRONG, len(block.broken))
    made.counted.rows += len(block.broken)
    broken = tuple(Wrong(line, "", ROW_WRONG, text) for line, text in block.broken)
    return Converted(made.samples, (*broken, *made.wrong), made.counted)


def _report(row: Import) -> BinaryIO:
    """The report as it was after the last block that is stored."""
    path: Path = places.report_file(row.organisation, row.id)
    file = path.open("r+b" if path.exists() else "w+b")
    file.truncate(row.report_bytes)
    file.seek(row.report_bytes)
    return file


def _keep(row: Import, made: Converted, report: BinaryIO, blocks: int) -> None:
    """What this block came to, written before the next one begins."""
    lines_left = REPORT_LINES_MAX - sum(row.wrong.values())
    if made.wrong and lines_left > 0:
        report.write(report_lines(made.wrong[:lines_left], head=not row.report_bytes))
        report.flush()
    row.report_bytes, row.blocks = report.tell(), blocks
    row.rows += made.counted.rows
    row.samples += made.counted.samples
    row.wrong = sum_of(row.wrong, made.counted)
    row.save(update_fields=["report_bytes", "blocks", "rows", "samples", "wrong"])


def sum_of(wrong: Mapping[str, int], counted: Counted) -> dict[str, int]:
    """Counts of mistakes together."""
    return {what: wrong.get(what, 0) + counted.wrong.get(what, 0) for what in {*wrong, *counted.wrong}}


def report_lines(wrong: Sequence[Wrong], *, head: bool) -> bytes:
    """As CSV; a cell that a spreadsheet would run as a formula has a ' before it."""
    text = io.StringIO()
    writer = csv.writer(text)
    if head:
        text.write("\ufeff")
        writer.writerow(REPORT_HEAD)
    for one in wrong:
        writer.writerow([one.line, _harmless(one.column), one.what, _harmless(one.cell)])
    return text.getvalue().encode()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r") else cell
