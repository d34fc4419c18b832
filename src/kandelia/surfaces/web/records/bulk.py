"""A step for many records: chosen in the list, confirmed with a reason, reported row by row."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from kandelia.base.errors import InvalidInput, KandeliaError
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.lives.declaration import Transition
from kandelia.kernel.records import facade
from kandelia.kernel.records.acting import BULK_MAX
from kandelia.kernel.records.contracts import RecordView
from kandelia.kernel.records.declaration import RecordType
from kandelia.surfaces.web.records import addresses
from kandelia.surfaces.web.records.shown import Mark, mark, record_url
from kandelia.surfaces.web.records.words import sentence
from kandelia.surfaces.web.screens import screen


@dataclass(frozen=True, slots=True)
class BulkStep:
    """A step that may be taken for many at once."""

    name: str
    label: str
    reason: bool
    look: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one record; `why` says what stood in the way, empty where nothing did."""

    title: str
    code: str
    url: str
    mark: Mark
    why: str = ""


def steps_of(viewer: Viewer, declared: RecordType) -> tuple[BulkStep, ...]:
    """Steps that are the viewer's by role and that ask no fields of their own."""
    return tuple(
        BulkStep(step.name, step.label.say(viewer.language), step.reason, step.look)
        for step in facade.steps_offered(viewer, declared.name)
        if not step.asks
    )


@require_POST
@screen(Right.SEE)
def bulk(request: HttpRequest, viewer: Viewer, type: str) -> HttpResponse:
    """First a page that names the records and asks why; then the report."""
    declared = facade.type_of(type)
    step = _step(viewer, declared, request.POST.get("step", ""))
    ids = [int(id) for id in request.POST.getlist("ids") if id.isdigit()][: BULK_MAX + 1]
    reason = request.POST.get("reason", "")
    basis = request.POST.get("basis", step.basis.say(viewer.language))
    context: dict[str, Any] = {
        "type": type,
        "plural": declared.plural.say(viewer.language),
        "step": step,
        "label": step.label.say(viewer.language),
        "query": request.POST.get("query", ""),
        "list_url": addresses.list_url(type),
        "reason": reason,
        "basis": basis,
    }
    if len(ids) > BULK_MAX:
        raise InvalidInput(f"more than {BULK_MAX} records at once", "ids", f"choose at most {BULK_MAX}", "too-many")
    confirmed = "confirmed" in request.POST
    if confirmed and (not step.reason or reason.strip()):
        results = _act(viewer, declared, step, ids, reason, basis)
        failed = sum(bool(one.why) for one in results)
        return render(
            request,
            "records/bulk_report.html",
            {**context, "results": results, "failed": failed, "done": len(results) - failed},
        )
    views = [(view, mark(declared, view, viewer.language)) for view in facade.some(viewer, type, ids)]
    return render(request, "records/bulk.html", {**context, "views": views, "wrong": confirmed})


def _step(viewer: Viewer, declared: RecordType, name: str) -> Transition:
    for step in facade.steps_offered(viewer, declared.name):
        if step.name == name and not step.asks:
            return step
    raise InvalidInput(f'no step "{name[:40]}" for many records', "step", "choose one from the list", "no-step")


def _act(
    viewer: Viewer, declared: RecordType, step: Transition, ids: list[int], reason: str, basis: str
) -> list[Result]:
    before = facade.some(viewer, declared.name, ids)
    wrong = {view.id: _try(viewer, view, step, reason, basis) for view in before}
    after = {view.id: view for view in facade.some(viewer, declared.name, ids)}
    return [_result(declared, after.get(view.id, view), wrong[view.id], viewer.language) for view in before]


def _try(viewer: Viewer, view: RecordView, step: Transition, reason: str, basis: str) -> str:
    """Each in its own transaction: one that is refused does not hold back the others."""
    try:
        facade.act(viewer, view.type, view.id, step.name, reason=reason, basis=basis)
    except KandeliaError as error:
        return sentence(error)
    return ""


def _result(declared: RecordType, view: RecordView, why: str, language: str) -> Result:
    return Result(view.title, view.code, record_url(view.type, view.id), mark(declared, view, language), why)
