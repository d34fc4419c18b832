"""Files of samples brought in for a viewer: only into the organisation's own signals."""

from pathlib import Path
from typing import Any

from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import audit, require
from kandelia.kernel.events import bridge
from kandelia.kernel.signals import store
from kandelia.kernel.signals.logic.tables import Known
from kandelia.kernel.signals.plane.loading import Progress, Source, load_parquet
from kandelia.ports.bus import Bus

SOURCE = "load"
LOAD_TIMEOUT_S = 24 * 3_600.0


def load_file(viewer: Viewer, file: Path, progress: Progress | None = None) -> int:
    """Load a Parquet file (signal, time, value …); rows stored. InvalidInput names what does not fit."""
    require(viewer, Right.CONFIGURE)
    known: dict[Any, Known] = {}
    site = "-"
    for view in store.every_signal(viewer.organisation):
        known[view[0]] = known[view[1]] = Known(view[0], view[2])
        site = view[1].partition(".")[0] if site == "-" else site

    async def load(bus: Bus) -> int:
        return await load_parquet(bus, file, Source(viewer.organisation, site, SOURCE), known, progress)

    stored = bridge.bus_call(load, LOAD_TIMEOUT_S)
    audit(viewer, "samples.load", file.name, {"rows": stored})
    return stored
