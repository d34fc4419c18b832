"""A file that lies here loaded at once, as the command line does it; the same conversion as the job's."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from kandelia.base.ids import new_id
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import audit, require
from kandelia.kernel.signals.logic.tables import Known
from kandelia.kernel.transfers import aiming, working
from kandelia.kernel.transfers.importing import check
from kandelia.kernel.transfers.logic.converting import Converter, Counted
from kandelia.kernel.transfers.logic.findings import Found
from kandelia.kernel.transfers.logic.plans import Plan, Target
from kandelia.kernel.transfers.plane import reading

Progress = Callable[[float, int], None]  # share of the file, samples stored


def load(
    viewer: Viewer,
    path: Path,
    found: Found,
    plan: Plan,
    progress: Progress | None = None,
    report: BinaryIO | None = None,
) -> Counted:
    """Make the new signals and store every sample; returns once the bus has all on disk."""
    require(viewer, Right.CONFIGURE)
    check(found, plan)
    aiming.make_signals(viewer, plan)
    plan = replace(plan, targets={name: Target(signal=target.id) for name, target in plan.targets.items()})
    aims = aiming.aims(viewer, plan)
    working.wait_known(viewer, [aim.number for aim in aims.values()])
    known = {aim.number: Known(aim.number, aim.kind) for aim in aims.values()}
    converter = Converter(plan, aims, time.time_ns(), found.dialect.decimal)
    source, total, name = working.source_of(viewer.organisation, plan), Counted(), new_id()
    names = [one.name for one in found.columns]
    for place, block in enumerate(reading.blocks(path, found.format, found.dialect, names)):
        made = working.with_broken(converter.convert(block.table, block.lines, working.REPORT_LINES_MAX), block)
        working.send(made.samples, source, known, f"{name}-{place}")
        if report is not None and made.wrong:
            report.write(working.report_lines(made.wrong, head=not report.tell()))
        total.rows += made.counted.rows
        total.samples += made.counted.samples
        total.wrong = working.sum_of(total.wrong, made.counted)
        if progress is not None:
            progress(block.share, total.samples)
    audit(viewer, "samples.load", path.name, {"rows": total.rows, "samples": total.samples})
    return total
