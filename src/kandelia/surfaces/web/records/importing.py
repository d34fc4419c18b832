"""Records from a file: sent, checked line by line, looked at, written; what is wrong goes back as a file to mend."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kandelia.base.errors import InvalidInput, KandeliaError, TooMuch
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.files import tables as files
from kandelia.kernel.jobs import facade as jobs
from kandelia.kernel.papers import runs
from kandelia.kernel.papers.contracts import ImportState, ImportView, Mistake
from kandelia.kernel.papers.importing import Line
from kandelia.kernel.records import facade
from kandelia.kernel.records.declaration import RecordType
from kandelia.kernel.records.fields import is_required, kind_of
from kandelia.surfaces.api.answering import stream
from kandelia.surfaces.web.answers import status_of
from kandelia.surfaces.web.records import addresses
from kandelia.surfaces.web.records.words import sentence, told
from kandelia.surfaces.web.screens import screen

BUSY = (ImportState.CHECKING, ImportState.WRITING)
XLSX = "xlsx"


@require_http_methods(["GET", "POST"])
@screen(Right.SEE)
def import_file(request: HttpRequest, viewer: Viewer, type: str) -> HttpResponse:
    """Which columns are known, and where a file is sent."""
    declared = facade.type_of(type)
    if request.method == "GET":
        return _form(request, viewer, declared)
    file = request.FILES.get("file")
    if file is None:
        return _form(request, viewer, declared, _("Choose a file first"), HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        run = runs.begin(viewer, type, file.name or "", file.chunks())
    except (InvalidInput, TooMuch) as error:
        return _form(request, viewer, declared, sentence(error), status_of(error))
    return HttpResponseRedirect(reverse("record-import-run", args=[type, run.id]))


@require_GET
@screen(Right.SEE)
def run(request: HttpRequest, viewer: Viewer, type: str, run: str) -> HttpResponse:
    """How an import stands: what would be written, what is wrong, and the button that writes."""
    return _show(request, viewer, facade.type_of(type), runs.view(viewer, run))


@require_POST
@screen(Right.SEE)
def write(request: HttpRequest, viewer: Viewer, type: str, run: str) -> HttpResponse:
    """Make records of the good lines."""
    try:
        runs.write(viewer, run)
    except KandeliaError as error:
        return _show(request, viewer, facade.type_of(type), runs.view(viewer, run), sentence(error))
    return HttpResponseRedirect(reverse("record-import-run", args=[type, run]))


@require_GET
@screen(Right.SEE)
def wrong(request: HttpRequest, viewer: Viewer, type: str, run: str) -> HttpResponseBase:
    """The lines that are wrong as they were sent, with what is wrong in a last column."""
    head, lines = runs.wrong_lines(viewer, run)
    rows = ([*_padded(line, len(head)), "\n".join(_told(one) for one in line.mistakes)] for line in lines)
    return stream(files.write(XLSX, [*head, _("What is wrong")], rows), files.FORMATS[XLSX], f"{type}-wrong.{XLSX}")


@require_GET
@screen(Right.SEE)
def blank(request: HttpRequest, viewer: Viewer, type: str) -> HttpResponseBase:
    """An empty table with the right head."""
    declared = facade.type_of(type)
    head = [one.label.say(viewer.language) for one in declared.fields if one.editable]
    return stream(files.write(XLSX, head, ()), files.FORMATS[XLSX], f"{type}.{XLSX}")


def _form(
    request: HttpRequest, viewer: Viewer, declared: RecordType, problem: str = "", status: int = HTTPStatus.OK
) -> HttpResponse:
    fields = [
        {
            "label": one.label.say(viewer.language),
            "required": is_required(declared, one),
            "choices": ", ".join(label.say(viewer.language) for _value, label in one.choices),
            "unit": one.unit,
            "kind": kind_of(declared, one).value,
        }
        for one in declared.fields
        if one.editable
    ]
    context = {**_head(viewer, declared), "fields": fields, "problem": problem}
    return render(request, "records/import.html", context, status=status)


def _show(
    request: HttpRequest, viewer: Viewer, declared: RecordType, view: ImportView, problem: str = ""
) -> HttpResponse:
    labels = {one.name: one.label.say(viewer.language) for one in declared.fields}
    context = {
        **_head(viewer, declared),
        "run": view,
        "busy": view.state in BUSY,
        "job": jobs.job(viewer, view.job) if view.job and view.state in BUSY else None,
        "columns": [(title, labels.get(name, "")) for title, name in zip(view.columns, view.fields, strict=True)],
        "filled": [title for title, name in zip(view.columns, view.fields, strict=True) if name],
        "sample": [list(one.values()) for one in view.sample],
        "missing": [labels[name] for name in view.missing],
        "mistakes": [(one, *told(_error(one))) for one in view.mistakes],
        "problem": problem,
    }
    return render(request, "records/import_run.html", context)


def _head(viewer: Viewer, declared: RecordType) -> dict[str, Any]:
    return {
        "type": declared.name,
        "plural": declared.plural.say(viewer.language),
        "list_url": addresses.list_url(declared.name),
    }


def _error(mistake: Mistake) -> InvalidInput:
    return InvalidInput(mistake.what, mistake.column, mistake.mend, mistake.code or "invalid-input")


def _told(mistake: Mistake) -> str:
    return f"{mistake.column}: {sentence(_error(mistake))}"


def _padded(line: Line, width: int) -> list[Any]:
    return [*line.cells[:width], *[None] * (width - len(line.cells))]
