"""/records/<type>/…: figures, tables in and out, documents, files."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from ninja import Router

from kandelia.base.errors import InvalidInput
from kandelia.kernel.files import tables
from kandelia.kernel.files.contracts import FileView
from kandelia.kernel.papers import facade as papers
from kandelia.kernel.papers import runs
from kandelia.kernel.papers.contracts import ImportView
from kandelia.kernel.records import facade
from kandelia.surfaces.api.answering import stream, viewer_of
from kandelia.surfaces.api.record_asking import answer, query_of
from kandelia.surfaces.api.record_endpoints import ANSWERS
from kandelia.surfaces.api.record_parts import HERE, ONE
from kandelia.surfaces.api.record_schemas import plain_value, texts
from kandelia.surfaces.api.repeating import once
from kandelia.surfaces.web.downloads import disposition, download

FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}, "slot": {"type": "string"}},
                }
            }
        },
    }
}
PDF = "application/pdf"
router = Router(tags=["records"])


@router.get(HERE + "/statistics", response=ANSWERS)
def statistics(request: HttpRequest, type: str) -> HttpResponse:
    """How many and the exact sums of the type's amounts, of what a list's filters find, by one or two groupings."""
    viewer = viewer_of(request)
    by = request.GET.getlist("by") or ["state"]
    found = papers.statistics(viewer, type, query_of(request.GET), by, viewer.language)
    items = [
        {
            "group": list(one.group),
            "labels": list(one.labels),
            "count": one.count,
            "sums": {name: plain_value(value) for name, value in one.sums.items()},
        }
        for one in found
    ]
    offered = [{"name": one.name, "label": texts(one.label)} for one in papers.groupings(viewer, type)]
    return answer({"items": items, "by": by, "groupings": offered})


@router.get(HERE + "/export", response=ANSWERS)
def export(request: HttpRequest, type: str) -> HttpResponseBase:
    """What a list's filters find as CSV or XLSX (`format`), with the `columns` asked or all; starred fields stay so."""
    viewer, format = viewer_of(request), request.GET.get("format", "csv")
    columns = [name for name in request.GET.get("columns", "").split(",") if name]
    language = request.GET.get("language", viewer.language)
    head, rows = papers.table(viewer, type, query_of(request.GET), columns, language)
    return stream(tables.write(format, head, rows), tables.FORMATS[format], f"{type}.{format}")


@router.get(ONE + "/print", response=ANSWERS)
def print_record(request: HttpRequest, type: str, id: int, name: str = "form", language: str = "") -> HttpResponse:
    """A document of the record as PDF: `form`, or one that its type declares."""
    viewer = viewer_of(request)
    file_name, made = papers.pdf(viewer, type, id, name, language or viewer.language)
    return HttpResponse(made, content_type=PDF, headers={"Content-Disposition": disposition(file_name)})


@router.get(ONE + "/prints", response=ANSWERS)
def prints(request: HttpRequest, type: str, id: int) -> HttpResponse:
    """The documents that can be printed of the record now."""
    found = papers.prints_of(viewer_of(request), type, id)
    return answer({"items": [{"name": one.name, "label": texts(one.label), "kind": one.kind} for one in found]})


@router.post(HERE + "/imports", response=ANSWERS, openapi_extra=FILE_BODY)
def begin_import(request: HttpRequest, type: str) -> HttpResponse:
    """Send a CSV or XLSX file: every line is checked, nothing is written yet. Large files are checked by a job."""
    file = _file(request)
    return answer(_import(runs.begin(viewer_of(request), type, file.name or "", file.chunks())), 201)


@router.get("/imports/{id}", response=ANSWERS)
def see_import(request: HttpRequest, id: str) -> HttpResponse:
    """How an import stands, and what is wrong in its file, line by line."""
    return answer(_import(runs.view(viewer_of(request), id)))


@router.post("/imports/{id}/write", response=ANSWERS)
def write_import(request: HttpRequest, id: str) -> HttpResponse:
    """Make records of the good lines; those that are there already are left as they are."""
    viewer = viewer_of(request)
    return once(request, viewer, lambda: answer(_import(runs.write(viewer, id))))


@router.get(ONE + "/files", response=ANSWERS)
def list_files(request: HttpRequest, type: str, id: int) -> HttpResponse:
    """The record's files, oldest first."""
    return answer({"items": [_shown(one) for one in papers.files_of(viewer_of(request), type, id)]})


@router.post(ONE + "/files", response=ANSWERS, openapi_extra=FILE_BODY)
def add_file(request: HttpRequest, type: str, id: int) -> HttpResponse:
    """Attach a file (multipart, `file`; `slot` says what it was asked for as)."""
    viewer, file = viewer_of(request), _file(request)
    made = papers.add_file(viewer, type, id, file.name or "", file.chunks(), request.POST.get("slot", ""))
    return answer(_shown(made), 201)


@router.get(ONE + "/files/{file}", response=ANSWERS)
def get_file(request: HttpRequest, type: str, id: int, file: str) -> HttpResponseBase:
    """The bytes of a file, always to be saved and never to be shown by the browser."""
    view, chunks = papers.open_file(viewer_of(request), type, id, file)
    return download(view, chunks)


@router.delete(ONE + "/files/{file}", response={204: None})
def remove_file(request: HttpRequest, type: str, id: int, file: str) -> HttpResponse:
    """Take a file away; its name and digest stay in the audit."""
    papers.remove_file(viewer_of(request), type, id, file)
    return HttpResponse(status=204)


def _file(request: HttpRequest) -> Any:
    found = request.FILES.get("file")
    if not isinstance(found, UploadedFile):
        raise InvalidInput("no file was sent", "file", "send multipart/form-data with a part `file`", "missing")
    return found


def _shown(view: FileView) -> dict[str, Any]:
    return {name: plain_value(getattr(view, name)) for name in view.__slots__}


def _import(view: ImportView) -> dict[str, Any]:
    declared = facade.type_of(view.type)
    plain = ("id", "type", "file_name", "state", "rows", "good", "known", "wrong", "made", "job")
    return {
        **{name: getattr(view, name) for name in plain},
        "columns": [{"title": title, "field": name} for title, name in zip(view.columns, view.fields, strict=True)],
        "missing": [{"field": name, "label": texts(declared.field(name).label)} for name in view.missing],
        "mistakes": [{name: getattr(one, name) for name in one.__slots__} for one in view.mistakes],
        "sample": list(view.sample),
    }
