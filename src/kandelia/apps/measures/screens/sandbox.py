"""政策沙盘: a draft of parameters tried on the applications there are, and what it would change in money.

Right.CONFIGURE or the duty of an editor or leader; nothing is kept.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from kandelia.apps.measures import facade
from kandelia.apps.measures.logic.drafts import Case, CaseDifference
from kandelia.base.errors import InvalidInput, NotAllowed
from kandelia.sdk.screens import screen
from kandelia.sdk.services import has_service, service
from kandelia.sdk.views import Right, Viewer

DUTIES = {"editor", "publisher", "leader", "finance", "supervisor"}
FILE = "draft"
DRAFT_LENGTH_MAX = 100_000
EXAMPLE = """changes:
  - {line: M10, parameter: cap, value: 4000000, from: 2020-01-01, to: 2020-12-31, clause: draft}
"""


@dataclass(frozen=True, slots=True)
class Sum:
    """Cases of one line, sector or size together: sums of upper bounds in yuan."""

    group: str
    cases: int
    changed: int
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        """Yuan more (or less) under the draft."""
        return self.after - self.before


@screen(Right.SEE)
@require_http_methods(["GET", "POST"])
def sandbox(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The draft, and its differences by line, sector and size once it is sent."""
    if not (viewer.may(Right.CONFIGURE) or viewer.duties & DUTIES):
        raise NotAllowed("you may not try drafts", "sandbox", f"these may: {', '.join(sorted(DUTIES))}", "not-allowed")
    draft = request.POST.get("draft", "")[:DRAFT_LENGTH_MAX]
    error: InvalidInput | None = None
    tables: list[tuple[str, list[Sum]]] = []
    total: Sum | None = None
    if request.method == "POST":
        try:
            tables, total = _tables(viewer, draft)
        except InvalidInput as raised:
            error = raised
    mistakes = getattr(error, "mistakes", (str(error),) if error else ())
    context = {"draft": draft or EXAMPLE, "mistakes": mistakes, "tables": tables, "total": total, "sent": bool(draft)}
    return render(request, "measures/sandbox.html", context, status=HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK)


def _tables(viewer: Viewer, draft: str) -> tuple[list[tuple[str, list[Sum]]], Sum | None]:
    known = list(service("applications.cases")(viewer)) if has_service("applications.cases") else []
    cases = [Case(one["name"], one["line"], one["given"], one["as_of"]) for one in known]
    found = facade.compare(draft, FILE, cases)
    groups = {one["name"]: one for one in known}
    tables = [(by, summed(found, _group_of(groups, by))) for by in ("line", "sector", "size")]
    total = summed(found, lambda one: "all")
    return tables, total[0] if total else None


def _group_of(groups: Mapping[str, Mapping[str, Any]], by: str) -> Callable[[CaseDifference], str]:
    return lambda one: str(groups[one.name].get(by, "") or "–")


def summed(found: Iterable[CaseDifference], group_of: Callable[[CaseDifference], str]) -> list[Sum]:
    """Sums by group, in the order of their names."""
    sums: dict[str, Sum] = {}
    for one in found:
        name = group_of(one)
        so_far = sums.get(name, Sum(name, 0, 0, Decimal(0), Decimal(0)))
        sums[name] = Sum(
            name,
            so_far.cases + 1,
            so_far.changed + (one.before.upper_bound != one.after.upper_bound),
            so_far.before + Decimal(one.before.upper_bound or 0),
            so_far.after + Decimal(one.after.upper_bound or 0),
        )
    return [sums[name] for name in sorted(sums)]
