"""The platform's state and figures for programs; the same rule as the status page (docs/decisions/0010)."""

from dataclasses import asdict
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from ninja import Router

from kandelia.apps.system.asking_audit import ROWS, Asked, asked_rows
from kandelia.apps.system.collecting import collect, sees_platform
from kandelia.apps.system.logic import platform
from kandelia.base.clock import NS_PER_MS
from kandelia.base.errors import NotAllowed
from kandelia.sdk.api import (
    JSON_OPTIONS,
    TREND_MEND,
    TREND_ROWS_MAX,
    bounded,
    newest_by_signal,
    numbers,
    queries,
    raw_columns,
    table_of,
    time_ns,
    trend_columns,
    viewer_of,
)
from kandelia.sdk.records import access, signals
from kandelia.sdk.views import Viewer

POINTS, POINTS_MAX = 1_000, 4_000
ROWS_MAX = 10_000
ANSWERS: Any = {200: None}  # described in words: columns that no schema checks again
router = Router(tags=["system"])


@router.get("/system/status", response=ANSWERS)
def status(request: HttpRequest) -> HttpResponse:
    """Every role with its figures and troubles (administrators of the first organisation), and one's connections."""
    found = collect(viewer_of(request))
    roles = [{**asdict(row), "gauges": dict(row.gauges)} for row in found.roles]
    connections = [asdict(row) for row in found.connections]
    return _json(
        {
            "at_ms": found.at_ns // NS_PER_MS,
            "roles": roles,
            "connections": connections,
            "fault": found.fault,
            "mend": found.mend,
        }
    )


@router.get("/system/audit", response=ANSWERS)
def audit(
    request: HttpRequest,
    subject: str = "",
    action: str = "",
    first_day: str = "",
    last_day: str = "",
    after: str = "",
    limit: int = ROWS,
) -> HttpResponse:
    """A page of the organisation's audit, newest first; `action` may be how several begin; days are YYYY-MM-DD."""
    page = asked_rows(viewer_of(request), Asked(subject, action, first_day, last_day, after), limit)
    items = [{**asdict(view), "at": view.at.isoformat()} for view in page.items]
    return _json({"items": items, "next": page.next})


@router.get("/system/figures", response=ANSWERS)
def figures(request: HttpRequest) -> HttpResponse:
    """Every recorded figure of the platform: number, id, name, unit."""
    page = signals.list_signals(_platform(request), limit=1_000)
    fields = [(view.number, view.id, view.name, view.unit, view.decimals) for view in page.items]
    names = ("number", "id", "name", "unit", "decimals")
    return _json({"items": [{**dict(zip(names, row, strict=True)), "name": asdict(row[2])} for row in fields]})


@router.get("/system/figures/trend", response=ANSWERS)
def trend(
    request: HttpRequest, signals: str, start: str, end: str, points: int = POINTS, weighted: bool = False
) -> HttpResponse:
    """As /history/trend, of the platform's figures."""
    viewer = _platform(request)
    wanted = _views(viewer, numbers(signals))
    start_ns, end_ns, points = time_ns(start, "start"), time_ns(end, "end"), max(1, min(points, POINTS_MAX))
    rows = queries.trend(viewer, list(wanted), start_ns, end_ns, points, weighted=weighted)
    found = table_of(bounded(rows, TREND_ROWS_MAX, TREND_MEND))
    bucket_ms = queries.trend_bucket_ns(start_ns, end_ns, points) / NS_PER_MS
    return _json({"signals": trend_columns(found, wanted, weighted), "bucket_ms": bucket_ms})


@router.get("/system/figures/last", response=ANSWERS)
def last(request: HttpRequest, signals: str, before: str = "") -> HttpResponse:
    """As /history/last, of the platform's figures."""
    before_ns = time_ns(before, "before") if before else 0
    found = queries.last(_platform(request), numbers(signals), before_ns=before_ns)
    return _json({"signals": newest_by_signal(table_of(found))})


@router.get("/system/figures/{number}/raw", response=ANSWERS)
def raw(request: HttpRequest, number: int, start: str, end: str, limit: int = ROWS_MAX) -> HttpResponse:
    """As /signals/{number}/raw, of a figure of the platform."""
    viewer = _platform(request)
    limit = max(1, min(limit, ROWS_MAX))
    found = queries.raw(viewer, [number], time_ns(start, "start"), time_ns(end, "end"), rows_max=limit)
    return _json({"number": number, **raw_columns(table_of(found))})


def _platform(request: HttpRequest) -> Viewer:
    """Acts as the system within the organisation "platform", for those who may."""
    if not sees_platform(viewer_of(request)):
        mend = "ask an administrator of the first organisation of this installation"
        raise NotAllowed("the platform's own figures are not yours to see", "system", mend, "not-allowed")
    return access.system_viewer(platform.ORGANISATION)


def _views(viewer: Viewer, wanted: list[int]) -> dict[int, Any]:
    found = signals.signals_of(viewer, wanted)
    return {number: found.get(number) or signals.signal(viewer, number) for number in wanted}


def _json(value: Any) -> HttpResponse:
    return HttpResponse(orjson.dumps(value, option=JSON_OPTIONS), content_type="application/json")
