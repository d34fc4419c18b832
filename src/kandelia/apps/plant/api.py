"""What the plant's screens ask beyond signals and history."""

import threading
import time

from django.http import HttpRequest
from ninja import Router, Schema

from kandelia.apps.plant import sheets_api
from kandelia.base.errors import Unavailable
from kandelia.sdk.api import viewer_of
from kandelia.sdk.bus import ask_reports, bus_call
from kandelia.sdk.records import access
from kandelia.sdk.views import Report, Right

KEPT_S = 5.0  # every open plant page asks; the roles are asked once in this time
LAG_GAUGE = "recorder_lag_s"
router = Router(tags=["plant"])


class Recorder(Schema):
    """How far the recorder is behind what was collected; `what` says why where it cannot be told."""

    recorder_lag_s: float | None = None
    what: str = ""


class _Kept:
    """The last answer of the roles."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.until_s = 0.0
        self.answer = Recorder()


_kept = _Kept()


@router.get("/plant/recorder", response=Recorder)
def recorder(request: HttpRequest) -> Recorder:
    """The recorder's lag in seconds, for the status strip."""
    access.reach_of(viewer_of(request), Right.SEE)
    with _kept.lock:
        if time.monotonic() >= _kept.until_s:
            _kept.answer = _ask()
            _kept.until_s = time.monotonic() + KEPT_S
        return _kept.answer


router.add_router("", sheets_api.router)


def _ask() -> Recorder:
    try:
        return told(bus_call(ask_reports))
    except Unavailable as error:
        return Recorder(what=error.what)


def told(reports: tuple[Report, ...]) -> Recorder:
    """The largest lag of those that record; says so when nobody records."""
    lags = [report.gauges[LAG_GAUGE] for report in reports if LAG_GAUGE in report.gauges]
    return Recorder(recorder_lag_s=max(lags)) if lags else Recorder(what="the history role does not answer")
