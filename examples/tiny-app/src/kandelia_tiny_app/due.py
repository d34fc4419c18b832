"""Which gauges are due, and that one was calibrated: the one place that page, API and command ask."""

from datetime import date

from kandelia.sdk.record_types import Query, facade
from kandelia.sdk.views import RecordView, Viewer

ROWS_MAX = 100


def due(viewer: Viewer, until: date) -> tuple[RecordView, ...]:
    """The gauges in use that are due by this day, the most urgent first; the first ROWS_MAX of them."""
    wanted = {"state": ("active",), "due_on.to": (until.isoformat(),)}
    return facade.page(viewer, "gauge", Query(filters=wanted, sort="due_on", limit=ROWS_MAX), count=False).items


def calibrated(viewer: Viewer, id: int, on: date) -> RecordView:
    """Note a calibration. NotFound, NotAllowed and InvalidInput are the kernel's."""
    return facade.change(viewer, "gauge", id, {"calibrated_on": on.isoformat()})
