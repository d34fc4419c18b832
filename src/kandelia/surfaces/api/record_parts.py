"""/records/<type>/<id>/…: steps, what happened, limits, relations, personal fields in full."""

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from kandelia.base.errors import Conflict, InvalidInput, NotFound
from kandelia.base.text import LocalText
from kandelia.kernel.access.facade import address_of
from kandelia.kernel.records import facade
from kandelia.surfaces.api.answering import viewer_of
from kandelia.surfaces.api.record_asking import answer, body_of, changed_meanwhile, typed, values_of
from kandelia.surfaces.api.record_endpoints import ANSWERS
from kandelia.surfaces.api.record_schemas import plain_value, record, texts
from kandelia.surfaces.api.repeating import once

HERE = "/records/{slug:type}"
ONE = HERE + "/{int:id}"
STEP_BODY: dict[str, Any] = {
    "reason": {"type": "string"},
    "basis": {"type": "string"},
    "values": {"type": "object", "description": "the fields that the step asks"},
    "revision": {"type": "integer", "description": "409 when the record was changed since"},
}
BULK_BODY: dict[str, Any] = {
    "ids": {"type": "array", "items": {"type": "integer"}},
    "reason": {"type": "string"},
    "basis": {"type": "string"},
}
router = Router(tags=["records"])


def _body(properties: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties}
    return {"requestBody": {"content": {"application/json": {"schema": schema}}}}


@router.get(ONE + "/actions", response=ANSWERS)
def actions(request: HttpRequest, type: str, id: int) -> HttpResponse:
    """The steps that are yours now; `why_not` says what stands in the way."""
    found = facade.actions(viewer_of(request), type, id)
    return answer({"items": [_plain(one) for one in found]})


@router.get(ONE + "/steps", response=ANSWERS)
def steps(request: HttpRequest, type: str, id: int) -> HttpResponse:
    """The log of steps, newest first, each with the digest that stands in the audit."""
    return answer({"items": [_plain(one) for one in facade.steps(viewer_of(request), type, id)]})


@router.get(ONE + "/changes", response=ANSWERS)
def changes(request: HttpRequest, type: str, id: int) -> HttpResponse:
    """The history of fields, newest first: name → [old, new]."""
    return answer({"items": [_plain(one) for one in facade.changes(viewer_of(request), type, id)]})


@router.get(ONE + "/deadlines", response=ANSWERS)
def deadlines(request: HttpRequest, type: str, id: int) -> HttpResponse:
    """Time limits with their basis, nearest first."""
    return answer({"items": [_plain(one) for one in facade.deadlines(viewer_of(request), type, id)]})


@router.get(ONE + "/related", response=ANSWERS)
def related(request: HttpRequest, type: str, id: int) -> HttpResponse:
    """Records of other types that refer to this one, by type."""
    found = facade.related(viewer_of(request), type, id)
    return answer({name: [record(view) for view in views] for name, views in found.items()})


@router.post(ONE + "/steps/{step}", response=ANSWERS, openapi_extra=_body(STEP_BODY))
def take_step(request: HttpRequest, type: str, id: int, step: str) -> HttpResponse:
    """Take a step of the record's life. An Idempotency-Key makes a repeated request harmless."""
    viewer, body = viewer_of(request), body_of(request, *STEP_BODY)
    revision = typed(body, "revision", int, 0)
    said = {name: typed(body, name, str, "") for name in ("reason", "basis")}

    def do() -> HttpResponse:
        return answer(record(facade.act(viewer, type, id, step, revision=revision, given=values_of(body), **said)))

    try:
        return once(request, viewer, do)
    except Conflict as error:
        if error.code != "changed":
            raise
        return changed_meanwhile(request, viewer, type, id, revision, error)


@router.post(HERE + "/steps/{step}", response=ANSWERS, openapi_extra=_body(BULK_BODY))
def take_step_for_many(request: HttpRequest, type: str, step: str) -> HttpResponse:
    """The same step for many records, each for itself: `done` ids, and by id why the others were `refused`."""
    viewer, body = viewer_of(request), body_of(request, *BULK_BODY)
    ids = typed(body, "ids", list, [])
    if not ids or not all(isinstance(id, int) for id in ids):
        raise InvalidInput("these are no ids", "ids", "send a list of whole numbers", "invalid-request")
    said = {name: typed(body, name, str, "") for name in ("reason", "basis")}

    def do() -> HttpResponse:
        done = facade.act_many(viewer, type, ids, step, **said)
        refused = {str(id): why for id, why in done.items() if why}
        return answer({"done": [id for id, why in done.items() if not why], "refused": refused})

    return once(request, viewer, do)


@router.post(ONE + "/reveal/{field}", response=ANSWERS)
def reveal(request: HttpRequest, type: str, id: int, field: str) -> HttpResponse:
    """A personal field in full where it is yours to see, else starred; that it was asked stands in the audit."""
    viewer = viewer_of(request)
    if field not in {one.name for one in facade.type_of(type).fields}:
        raise NotFound(f'there is no field "{field[:60]}"', type, "see openapi.json", "no-field")
    return answer({"value": facade.reveal(viewer, type, id, field, address=address_of(request))})


def _plain(view: Any) -> dict[str, Any]:
    made = {name: getattr(view, name) for name in view.__slots__}
    return {name: _value(value) for name, value in made.items()}


def _value(value: Any) -> Any:
    if isinstance(value, LocalText):
        return texts(value)
    if hasattr(value, "__dataclass_fields__"):
        return asdict(value)
    return dict(value) if isinstance(value, dict) else list(value) if isinstance(value, tuple) else plain_value(value)
