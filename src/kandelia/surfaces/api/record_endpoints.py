"""/records/<type>: list, get, create, change, remove, of every type with a schema of its own."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from kandelia.base.errors import Conflict
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import Kind
from kandelia.kernel.records.declaration import RecordType
from kandelia.kernel.records.fields import kind_of
from kandelia.kernel.records.store import ENTRY_FILTERS, ENTRY_SORTS, LIMIT_MAX
from kandelia.surfaces.api import schemas
from kandelia.surfaces.api.answering import viewer_of
from kandelia.surfaces.api.record_asking import answer, body_of, changed_meanwhile, query_of, typed, values_of
from kandelia.surfaces.api.record_schemas import names, record, texts
from kandelia.surfaces.api.repeating import HEADER, once

BOUNDED = (Kind.INTEGER, Kind.NUMBER, Kind.MONEY, Kind.DAY, Kind.INSTANT)
ANSWERS: Any = {200: None}  # the schemas are drawn from the declarations, see record_schemas
View = Callable[..., HttpResponse]
router = Router(tags=["records"])


@router.get("/records", response=ANSWERS)
def list_types(request: HttpRequest) -> HttpResponse:
    """The types whose lists are yours to read."""
    viewer = viewer_of(request)
    items = [
        {
            "name": one.name,
            "label": texts(one.label),
            "plural": texts(one.plural),
            "may_create": facade.may_create(viewer, one),
        }
        for one in facade.listed(viewer)
    ]
    return answer({"items": items})


def offer(declared: RecordType) -> None:
    """The addresses of one type."""
    here, (shown, _, page) = f"/records/{declared.name}", names(declared)
    label = declared.label.en
    told = _writing(declared)
    router.get(
        here,
        response=ANSWERS,
        openapi_extra={**_answered(200, page), "parameters": _parameters(declared)},
        **_named(declared, "list", f"Page of {declared.plural.en}"),
    )(_list(declared))
    router.post(
        here,
        response=ANSWERS,
        openapi_extra={**_answered(201, shown), **told["create"]},
        **_named(declared, "create", f"Make: {label}"),
    )(_create(declared))
    one = f"{here}/{{int:id}}"
    router.get(one, response=ANSWERS, openapi_extra=_answered(200, shown), **_named(declared, "get", f"One: {label}"))(
        _get(declared)
    )
    router.patch(
        one,
        response=ANSWERS,
        openapi_extra={**_answered(200, shown), **told["change"]},
        **_named(declared, "change", f"Change: {label}"),
    )(_change(declared))
    router.delete(one, response={204: None}, **_named(declared, "remove", f"Delete, in its first state: {label}"))(
        _remove(declared)
    )


def _list(declared: RecordType) -> View:
    def list_records(request: HttpRequest) -> HttpResponse:
        """One page, as your desk sees it; `next` goes into `after`, `previous` into `before`."""
        page = facade.page(
            viewer_of(request), declared.name, query_of(request.GET), count=request.GET.get("count") != "no"
        )
        items = [record(view) for view in page.items]
        count = {"total": page.total, "beyond": page.beyond}
        return answer({"items": items, "next": page.next, "previous": page.previous, **count})

    return list_records


def _create(declared: RecordType) -> View:
    def create_record(request: HttpRequest) -> HttpResponse:
        """A record in the first state of its life. An Idempotency-Key makes a repeated request harmless."""
        viewer, body = viewer_of(request), body_of(request, "values", "organisation")
        owner = typed(body, "organisation", str, "")

        def do() -> HttpResponse:
            made = facade.create(viewer, declared.name, values_of(body), organisation=owner)
            answered = answer(record(made), 201)
            answered["Location"] = f"{request.path}/{made.id}"
            return answered

        return once(request, viewer, do)

    return create_record


def _get(declared: RecordType) -> View:
    def get_record(request: HttpRequest, id: int) -> HttpResponse:
        """A record with the fields you may see, personal ones starred unless they are yours to see."""
        return answer(record(facade.get(viewer_of(request), declared.name, id)))

    return get_record


def _change(declared: RecordType) -> View:
    def change_record(request: HttpRequest, id: int) -> HttpResponse:
        """Change some fields; 409 with what was done since where `revision` is no longer the record's."""
        viewer, body = viewer_of(request), body_of(request, "values", "revision")
        revision = typed(body, "revision", int, 0)

        def do() -> HttpResponse:
            return answer(record(facade.change(viewer, declared.name, id, values_of(body), revision)))

        try:
            return once(request, viewer, do)
        except Conflict as error:
            if error.code != "changed":
                raise
            return changed_meanwhile(request, viewer, declared.name, id, revision, error)

    return change_record


def _remove(declared: RecordType) -> View:
    def remove_record(request: HttpRequest, id: int) -> HttpResponse:
        """Delete a record that is still in its first state."""
        facade.remove(viewer_of(request), declared.name, id)
        return HttpResponse(status=204)

    return remove_record


def _named(declared: RecordType, verb: str, summary: str) -> dict[str, Any]:
    return {"operation_id": f"{verb}_{declared.name.replace('-', '_')}", "summary": summary}


def _answered(status: int, schema: str) -> dict[str, Any]:
    """What is answered; problems are the same everywhere."""
    shown = {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}
    wrong = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    told: dict[int | str, Any] = {status: {"description": "done", **shown}}
    return {"responses": {**told, "default": {"description": "a problem", **wrong}}}


def _parameters(declared: RecordType) -> list[dict[str, Any]]:
    found = [
        _parameter("search", "words that all must be found"),
        _parameter(
            "sort", "`-` before it turns it", enum=[*_sorts(declared), *(f"-{one}" for one in _sorts(declared))]
        ),
        _parameter("after", "`next` of the page before"),
        _parameter("before", "`previous` of the page after"),
        {**_parameter("limit", ""), "schema": {"type": "integer", "minimum": 1, "maximum": LIMIT_MAX, "default": 50}},
        _parameter("count", "`no` leaves `total` out", enum=["yes", "no"]),
    ]
    for name in (*ENTRY_FILTERS, *declared.filters):
        label = declared.field(name).label.en if name in declared.filters else name
        found.append({**_parameter(name, f"{label}; may be repeated"), "schema": {"type": "array", "items": {}}})
        if name in declared.filters and kind_of(declared, declared.field(name)) in BOUNDED:
            found += [_parameter(f"{name}.{bound}", f"{label}, {bound}") for bound in ("from", "to")]
    return found


def _sorts(declared: RecordType) -> list[str]:
    return [*ENTRY_SORTS, *(name for name in declared.sorts if name not in ENTRY_SORTS)]


def _parameter(name: str, description: str, **schema: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": {"type": "string", **schema},
    }


def _writing(declared: RecordType) -> dict[str, Any]:
    """The bodies that make and change a record."""
    values = {"$ref": f"#/components/schemas/{names(declared)[1]}"}
    partial = {"type": "object", "description": f"some of the fields of {names(declared)[1]}"}
    bodies = {
        "create": {"required": ["values"], "properties": {"values": values, "organisation": {"type": "string"}}},
        "change": {"required": ["values"], "properties": {"values": partial, "revision": {"type": "integer"}}},
    }
    key = {**_parameter(HEADER, "the same key and body again is answered as before, for a day"), "in": "header"}
    return {
        verb: {
            "parameters": [key],
            "requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object", **body}}}},
        }
        for verb, body in bodies.items()
    }


PROBLEM = {"Problem": schemas.Problem.model_json_schema()}
for _one in facade.types():
    offer(_one)
