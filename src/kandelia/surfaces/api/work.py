"""What waits, whose it is, what is said of it, who stands in, what people were told, and which days are worked."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText
from kandelia.kernel.calendar import facade as calendar_of
from kandelia.kernel.deputies import facade as deputies
from kandelia.kernel.notices import facade as notices_of
from kandelia.kernel.work import facade as work
from kandelia.kernel.work.contracts import InboxQuery
from kandelia.surfaces.api import schemas
from kandelia.surfaces.api.answering import viewer_of
from kandelia.surfaces.api.record_asking import answer, body_of, typed
from kandelia.surfaces.api.record_schemas import plain_value

ONE = "/records/{slug:type}/{int:id}"
ANSWERS: Any = {200: None}
router = Router(tags=["work"])


@router.get("/inbox", response=ANSWERS)
def inbox(
    request: HttpRequest,
    type: str = "",
    overdue: bool = False,
    assigned: bool = False,
    after: schemas.Cursor = "",
    before: schemas.Cursor = "",
    limit: schemas.Limit = 50,
) -> HttpResponse:
    """What waits for you, the nearest due day first: {"items","next","previous","counts","overdue"}, counts by type."""
    asked = InboxQuery(type, overdue, assigned, after, before, limit)
    return answer(_plain(work.inbox(viewer_of(request), asked)))


@router.get(ONE + "/comments", response=ANSWERS)
def comments(request: HttpRequest, type: str, id: int, after: schemas.Cursor = "") -> HttpResponse:
    """What was said, newest first; internal words to the handling organisation alone."""
    return answer(_plain(work.comments(viewer_of(request), type, id, after=after)))


@router.post(ONE + "/comments", response=ANSWERS)
def comment(request: HttpRequest, type: str, id: int) -> HttpResponse:
    """Say something: {"text", "internal"}. Plain text; @sign-in tells that person."""
    body = body_of(request, "text", "internal")
    internal = typed(body, "internal", bool, False)
    made = work.comment(viewer_of(request), type, id, typed(body, "text", str, ""), internal=internal)
    return answer(_plain(made), 201)


@router.get(ONE + "/assignment", response=ANSWERS)
def assignment(request: HttpRequest, type: str, id: int) -> HttpResponse:
    """Who had it in your organisation, newest first, and who may take its next step."""
    viewer = viewer_of(request)
    found = {"items": work.assigned(viewer, type, id), "candidates": work.candidates(viewer, type, id)}
    return answer(_plain(found))


@router.put(ONE + "/assignment", response=ANSWERS)
def assign(request: HttpRequest, type: str, id: int) -> HttpResponse:
    """Give it to a person: {"person": sign-in name or "", "reason"}; a reason where somebody else has it."""
    viewer, body = viewer_of(request), body_of(request, "person", "reason")
    work.assign(viewer, type, id, typed(body, "person", str, ""), reason=typed(body, "reason", str, ""))
    return answer(_plain({"items": work.assigned(viewer, type, id)}))


@router.get("/delegations", response=ANSWERS)
def delegations(request: HttpRequest) -> HttpResponse:
    """Duties you lent or act with; a supervisor sees the organisation's."""
    return answer(_plain({"items": deputies.delegations(viewer_of(request))}))


@router.post("/delegations", response=ANSWERS)
def lend(request: HttpRequest) -> HttpResponse:
    """Lend duties: {"deputy","first_day","last_day","duties":[…],"reason","person"}; `person` for supervisors."""
    body = body_of(request, "deputy", "first_day", "last_day", "duties", "reason", "person")
    days = [_day(typed(body, name, str, ""), name) for name in ("first_day", "last_day")]
    names = [str(name) for name in typed(body, "duties", list, [])]
    texts = {name: typed(body, name, str, "") for name in ("reason", "person")}
    made = deputies.lend(viewer_of(request), typed(body, "deputy", str, ""), days[0], days[1], names, **texts)
    return answer(_plain(made), 201)


@router.delete("/delegations/{id}", response={204: None})
def take_back(request: HttpRequest, id: int) -> HttpResponse:
    """Take lent duties back before their time."""
    deputies.take_back(viewer_of(request), id)
    return HttpResponse(status=204)


@router.get("/notices", response=ANSWERS)
def notices(request: HttpRequest, unread: bool = False, after: schemas.Cursor = "") -> HttpResponse:
    """What you were told, newest first; people only."""
    return answer(_plain(notices_of.notices(viewer_of(request), unread=unread, after=after)))


@router.post("/notices/read", response={204: None})
def read(request: HttpRequest) -> HttpResponse:
    """Mark as read: {"id"} for one, {} for all."""
    notices_of.read(viewer_of(request), id=typed(body_of(request, "id"), "id", int, 0))
    return HttpResponse(status=204)


@router.get("/calendar/{year}", response=ANSWERS)
def calendar(request: HttpRequest, year: int) -> HttpResponse:
    """Every day of a year: worked or not, and why where it differs from the week."""
    viewer_of(request)
    return answer(_plain({"items": calendar_of.year(year)}))


@router.put("/calendar/days/{day}", response={204: None})
def set_day(request: HttpRequest, day: str) -> HttpResponse:
    """Say whether a day is worked: {"working","name"}; running limits are counted anew."""
    body = body_of(request, "working", "name")
    working = typed(body, "working", bool, None)
    calendar_of.set_day(viewer_of(request), _day(day, "day"), working, typed(body, "name", str, ""))
    return HttpResponse(status=204)


def _day(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidInput("this is no day", where, "write it like 2030-12-31", "invalid-day") from None


def _plain(value: Any) -> Any:
    """Views as JSON takes them: texts by language, times in ISO 8601."""
    if isinstance(value, LocalText):
        return {"zh": value.zh, "en": value.en}
    if hasattr(value, "__dataclass_fields__"):
        return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | frozenset):
        return [_plain(one) for one in (sorted(value) if isinstance(value, frozenset) else value)]
    return plain_value(value)
