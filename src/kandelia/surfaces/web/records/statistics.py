"""The figures of a list: bars by one or two groupings, exact sums, each bar a way into the list behind it."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.files import tables as files
from kandelia.kernel.papers import facade as papers
from kandelia.kernel.papers.statistics import Grouping
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import Kind, Tally
from kandelia.kernel.records.declaration import Field, RecordType
from kandelia.kernel.records.fields import kind_of, said
from kandelia.surfaces.api.answering import stream
from kandelia.surfaces.web.records import addresses
from kandelia.surfaces.web.records.asking import Asked, asked
from kandelia.surfaces.web.records.filters import chips, filters
from kandelia.surfaces.web.screens import screen

BY, THEN, MEASURE = "by", "then", "measure"
COUNT = "count"
FULL = 100.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One group: its words, where its records are listed, its length (0 to 100), how many, its share, its sums."""

    labels: tuple[str, ...]
    url: str
    length: float
    count: int
    share: str
    sums: tuple[str, ...]


@require_GET
@screen(Right.SEE)
def statistics(request: HttpRequest, viewer: Viewer, type: str) -> HttpResponse:
    """What the list's address finds, counted and added up."""
    declared, here = facade.type_of(type), asked(facade.type_of(type), request.GET)
    offered, by = papers.groupings(viewer, type), _by(viewer, type, request)
    summed = papers.amounts(viewer, type)
    measure = request.GET.get(MEASURE, COUNT)
    measure = measure if measure in {one.name for one in summed} else COUNT
    tallies = papers.statistics(viewer, type, here.query, by, viewer.language)
    shown = filters(declared, viewer, here, viewer.language)
    context = {
        "type": type,
        "plural": declared.plural.say(viewer.language),
        "list_url": _with(addresses.list_url(type), here.address()),
        "offered": [(one.name, one.label.say(viewer.language)) for one in offered],
        "by": by[0],
        "then": by[1] if len(by) > 1 else "",
        "measure": measure,
        "measures": [(COUNT, _("How many")), *((one.name, one.label.say(viewer.language)) for one in summed)],
        "heads": [_label(offered, name, viewer.language) for name in by],
        "sums": [(one.label.say(viewer.language), one.unit) for one in summed],
        "bars": list(_bars(declared, here, offered, by, tallies, summed, measure)),
        "total": sum(one.count for one in tallies),
        "totals": [_said(declared, one, _total(tallies, one.name), viewer.language) for one in summed],
        "kept": here.pairs,
        "chips": chips(shown, here, None),
        "file_url": _with(reverse("record-statistics-file", args=[type]), here.address(by=by[0], then=_second(by))),
    }
    return render(request, "records/statistics.html", context)


@require_GET
@screen(Right.SEE)
def statistics_file(request: HttpRequest, viewer: Viewer, type: str) -> HttpResponseBase:
    """The same figures as a workbook, exact."""
    declared, by = facade.type_of(type), _by(viewer, type, request)
    here, summed, offered = asked(declared, request.GET), papers.amounts(viewer, type), papers.groupings(viewer, type)
    tallies = papers.statistics(viewer, type, here.query, by, viewer.language)
    heads = [_label(offered, name, viewer.language) for name in by]
    head = [*heads, _("How many"), *(one.label.say(viewer.language) for one in summed)]
    rows = ([*one.labels, one.count, *(one.sums[field.name] for field in summed)] for one in tallies)
    return stream(files.write("xlsx", head, rows), files.FORMATS["xlsx"], f"{type}-statistics.xlsx")


def _by(viewer: Viewer, type: str, request: HttpRequest) -> tuple[str, ...]:
    offered = {one.name for one in papers.groupings(viewer, type)}
    wanted = [request.GET.get(name, "") for name in (BY, THEN)]
    return tuple(dict.fromkeys(name for name in wanted if name in offered)) or ("state",)


def _second(by: tuple[str, ...]) -> str:
    return by[1] if len(by) > 1 else ""


def _label(offered: tuple[Grouping, ...], name: str, language: str) -> str:
    return next(one.label.say(language) for one in offered if one.name == name)


def _bars(
    declared: RecordType,
    here: Asked,
    offered: tuple[Grouping, ...],
    by: tuple[str, ...],
    tallies: tuple[Tally, ...],
    summed: tuple[Field, ...],
    measure: str,
) -> Iterator[Bar]:
    total = sum(one.count for one in tallies) or 1
    values = [_measured(one, measure) for one in tallies]
    longest = max(values, default=Decimal(0)) or Decimal(1)
    for one, value in zip(tallies, values, strict=True):
        yield Bar(
            one.labels,
            _drill(declared, here, offered, by, one),
            round(max(0.0, float(value / longest) * FULL), 2),
            one.count,
            f"{one.count / total:.1%}",
            tuple(_said(declared, field, one.sums[field.name], "") for field in summed),
        )


def _measured(tally: Tally, measure: str) -> Decimal:
    return Decimal(tally.count if measure == COUNT else tally.sums[measure])


def _drill(declared: RecordType, here: Asked, offered: tuple[Grouping, ...], by: tuple[str, ...], tally: Tally) -> str:
    """The list behind a bar, empty where a list cannot be filtered so."""
    filtered = {one.name: one.filters for one in offered}
    pairs: dict[str, str] = {}
    for name, value in zip(by, tally.group, strict=True):
        bounds = papers.bounds(name, value) if filtered[name] and value else {}
        if not bounds:
            return ""
        pairs |= {key: values[0] for key, values in bounds.items()}
    kept = [pair for pair in here.pairs if pair[0] not in pairs]
    return _with(addresses.list_url(declared.name), urlencode([*kept, *pairs.items()]))


def _total(tallies: tuple[Tally, ...], name: str) -> Any:
    return sum((one.sums[name] for one in tallies), start=Decimal(0))


def _said(declared: RecordType, field: Field, value: Any, language: str) -> str:
    if kind_of(declared, field) is Kind.MONEY:
        return f"¥{said(declared, field.name, Decimal(value), language)}"
    return f"{value:,}"


def _with(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path
