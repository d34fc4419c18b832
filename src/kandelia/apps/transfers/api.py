"""Imports, exports and tag lists for programs."""

from dataclasses import asdict
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponseBase
from ninja import Router, Schema, Status

from kandelia.base.errors import NotFound
from kandelia.base.parsing import length_ns, time_ns
from kandelia.sdk.api import numbers, viewer_of
from kandelia.sdk.transfers import exporting, importing, read_plan, tagging

router = Router()
PLAN: dict[str, Any] = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}
}
PART: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class NewImport(Schema):
    """A file that will be sent: its name, and its size in bytes."""

    name: str
    size: int


class NewExport(Schema):
    """`signals` as numbers with commas; `every` is a length (1m) for averages, empty for every sample."""

    signals: str
    start: str
    end: str
    format: str = "csv"
    every: str = ""
    name: str = ""


class TagList(Schema):
    """A tag list as text. `apply` makes the signals, else only says what it would become."""

    source: str
    text: str
    connection: str
    name: str = "tags"
    machine: str = ""
    area: str = ""
    prefix: str = ""
    order: str = ""
    apply: bool = False


@router.get("/transfers/imports", tags=["imports"], response=dict[str, Any])
def list_imports(request: HttpRequest, after: str = "", limit: int = 50) -> dict[str, Any]:
    """The organisation's imports, newest first."""
    page = importing.listed(viewer_of(request), after=after[:26], limit=limit)
    return {"items": [asdict(one) for one in page.items], "next": page.next}


@router.post("/transfers/imports", tags=["imports"], response={201: dict[str, Any]})
def new_import(request: HttpRequest, given: NewImport) -> Status[dict[str, Any]]:
    """Begin to send a file; its parts follow, 8 MB each at most, 2 GB in all."""
    return Status(201, asdict(importing.begin(viewer_of(request), given.name, given.size)))


@router.put("/transfers/imports/{id}/content", tags=["imports"], response=dict[str, Any], openapi_extra=PART)
def send_part(request: HttpRequest, id: str, offset: int) -> dict[str, Any]:
    """The bytes from `offset` on. After the last part the answer tells what the file holds, and a mapping."""
    return asdict(importing.append(viewer_of(request), id, offset, request.body))


@router.get("/transfers/imports/{id}", tags=["imports"], response=dict[str, Any])
def one_import(request: HttpRequest, id: str) -> dict[str, Any]:
    """How it stands."""
    return asdict(importing.view(viewer_of(request), id))


@router.post("/transfers/imports/{id}/preview", tags=["imports"], response=dict[str, Any], openapi_extra=PLAN)
def preview(request: HttpRequest, id: str) -> dict[str, Any]:
    """What the first rows would become by the mapping in the body."""
    made = importing.preview(viewer_of(request), id, read_plan(_json(request)))
    times = [{"written": written, "utc": at, "wall": wall} for written, at, wall in made["times"]]
    return {"samples": made["samples"], "wrong": [asdict(one) for one in made["wrong"]], "times": times}


@router.post("/transfers/imports/{id}/load", tags=["imports"], response={202: dict[str, Any]}, openapi_extra=PLAN)
def load(request: HttpRequest, id: str) -> Status[dict[str, Any]]:
    """Make the new signals and load by a job."""
    return Status(202, asdict(importing.start(viewer_of(request), id, read_plan(_json(request)))))


@router.get("/transfers/imports/{id}/wrong", tags=["imports"], response={200: None})
def wrong(request: HttpRequest, id: str) -> HttpResponseBase:
    """The lines that did not fit, as CSV."""
    path = importing.report(viewer_of(request), id)
    if path is None:
        raise NotFound("nothing was wrong in this file", "report", "", "not-found")
    return FileResponse(
        path.open("rb"), as_attachment=True, filename="wrong.csv", content_type="text/csv; charset=utf-8"
    )


@router.delete("/transfers/imports/{id}", tags=["imports"], response={204: None})
def remove_import(request: HttpRequest, id: str) -> Status[None]:
    """Its file and entry; what was loaded stays."""
    importing.remove(viewer_of(request), id)
    return Status(204, None)


@router.get("/transfers/exports", tags=["exports"], response=dict[str, Any])
def list_exports(request: HttpRequest, after: str = "", limit: int = 50) -> dict[str, Any]:
    """The exports one ordered, newest first; all of the organisation to its administrators."""
    page = exporting.listed(viewer_of(request), after=after[:26], limit=limit)
    return {"items": [asdict(one) for one in page.items], "next": page.next}


@router.post("/transfers/exports", tags=["exports"], response={202: dict[str, Any]})
def new_export(request: HttpRequest, given: NewExport) -> Status[dict[str, Any]]:
    """Order a file; a job writes it."""
    view = exporting.begin(
        viewer_of(request),
        numbers(given.signals),
        time_ns(given.start, "start"),
        time_ns(given.end, "end"),
        given.format,
        bucket_ns=length_ns(given.every, "every") if given.every else 0,
        name=given.name,
    )
    return Status(202, asdict(view))


@router.get("/transfers/exports/{id}", tags=["exports"], response=dict[str, Any])
def one_export(request: HttpRequest, id: str) -> dict[str, Any]:
    """How it stands."""
    return asdict(exporting.view(viewer_of(request), id))


@router.get("/transfers/exports/{id}/file", tags=["exports"], response={200: None})
def export_file(request: HttpRequest, id: str) -> HttpResponseBase:
    """The file, until its date."""
    path, name, media_type = exporting.file_of(viewer_of(request), id)
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=media_type)


@router.delete("/transfers/exports/{id}", tags=["exports"], response={204: None})
def remove_export(request: HttpRequest, id: str) -> Status[None]:
    """The file and its entry; a job that writes it is ended."""
    exporting.remove(viewer_of(request), id)
    return Status(204, None)


@router.post("/transfers/tag-lists", tags=["signals"], response=dict[str, Any])
def tag_list(request: HttpRequest, given: TagList) -> dict[str, Any]:
    """A tag list of Kepware or Ignition as signals; nothing is written unless `apply` is true."""
    viewer = viewer_of(request)
    asked = tagging.Asked(given.source, given.connection, given.machine, given.area, given.prefix, given.order)
    made = tagging.read(viewer, given.text, given.name, asked)
    written = tagging.apply(viewer, made) if given.apply else None
    return tagging.told(made, written)


def _json(request: HttpRequest) -> Any:
    return tagging.json_of(request.body)
