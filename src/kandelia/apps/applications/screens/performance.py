"""Policy performance (政策绩效): money asked, decided and paid by measure, sector, size and time."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kandelia.apps.applications import facade
from kandelia.apps.applications.contracts import Performance
from kandelia.apps.applications.performance import FIELDS, NAMES, NARROWS
from kandelia.apps.applications.tables import KINDS, written
from kandelia.base.text import LocalText
from kandelia.sdk.screens import screen
from kandelia.sdk.views import Right, Viewer

WIDTH = Decimal(100)  # of the longest bar, per cent
DRILL = {"line": "sector", "sector": "size", "size": "line", "year": "month", "month": "line"}


@dataclass(frozen=True, slots=True)
class Bar:
    """A group with the lengths of its bars and where a click leads."""

    row: Performance
    asked: str
    decided: str
    paid: str
    url: str


@require_GET
@screen(Right.SEE)
def performance(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Grouped by what the address says, narrowed by what was clicked."""
    by, narrowed = _asked(request)
    rows = facade.performance(viewer, by, **narrowed)
    most = max((one.asked for one in rows), default=Decimal(0)) or Decimal(1)
    context = {
        "by": by,
        "bys": [(name, NAMES[name], _query({**narrowed, "by": name})) for name in FIELDS],
        "bars": [_bar(one, by, narrowed, most) for one in rows],
        "narrowed": [
            (NAMES[name], value, _query({**narrowed, name: "", "by": by})) for name, value in narrowed.items()
        ],
        "total": _total(rows),
        "query": _query({**narrowed, "by": by}),
    }
    return render(request, "applications/performance.html", context)


@require_GET
@screen(Right.SEE)
def export(request: HttpRequest, viewer: Viewer, end: str) -> HttpResponse:
    """The same table as a file."""
    if end not in KINDS:
        raise Http404
    by, narrowed = _asked(request)
    rows = facade.performance(viewer, by, **narrowed)
    answer = HttpResponse(written(end, NAMES[by].say(viewer.language), rows, viewer.language), content_type=KINDS[end])
    answer["Content-Disposition"] = f'attachment; filename="performance-{by}.{end}"'
    return answer


def _asked(request: HttpRequest) -> tuple[str, dict[str, str]]:
    by = request.GET.get("by", "line")
    narrowed = {name: request.GET.get(name, "")[:20] for name in NARROWS}
    return by if by in FIELDS else "line", {name: value for name, value in narrowed.items() if value}


def _bar(one: Performance, by: str, narrowed: dict[str, str], most: Decimal) -> Bar:
    lengths = (f"{amount / most * WIDTH:.1f}" for amount in (one.asked, one.decided, one.paid))
    asked, decided, paid = lengths
    onward = {**narrowed, by: one.group, "by": DRILL[by]} if by in NARROWS else {**narrowed, "by": DRILL[by]}
    return Bar(one, asked, decided, paid, _query(onward))


def _total(rows: tuple[Performance, ...]) -> Performance:
    sums: Any = [sum((getattr(one, name) for one in rows), Decimal(0)) for name in ("asked", "decided", "paid")]
    return Performance("", LocalText("合计", "Total"), sum(one.count for one in rows), *sums)


def _query(words: dict[str, str]) -> str:
    return "?" + "&".join(f"{name}={value}" for name, value in words.items() if value)
