"""What requests about records ask: the query of a list, and the JSON of a body."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict

from kandelia.base.errors import Conflict, InvalidInput
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import Query
from kandelia.surfaces.api.record_schemas import plain_value, record
from kandelia.surfaces.web.answers import problem, reference_of, status_of

WORDS = ("search", "sort", "after", "before", "limit", "count", "by", "format", "columns", "language")
VALUES_MAX = 100  # of one filter
TEXT_LENGTH_MAX = 400
CHANGES_TOLD_MAX = 20


def query_of(given: QueryDict) -> Query:
    """The query of a list: `search`, `sort`, `after`, `before`, `limit`; every other word filters."""
    filters = {name: tuple(given.getlist(name)[:VALUES_MAX]) for name in given if name not in WORDS}
    limit = given.get("limit", "50")
    if not (limit.isascii() and limit.isdigit() and int(limit)):
        raise InvalidInput("this is no number of rows", "limit", "give a whole number from 1", "bad-limit")
    return Query(
        text=given.get("search", "")[:TEXT_LENGTH_MAX],
        filters=filters,
        sort=given.get("sort", "") or Query().sort,
        after=given.get("after", ""),
        before=given.get("before", ""),
        limit=int(limit),
    )


def body_of(request: HttpRequest, *known: str) -> dict[str, Any]:
    """The JSON object of a body, which may hold the `known` names; InvalidInput names any other."""
    if not request.body:
        return {}
    try:
        body = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("the body is no JSON", "body", "send an object", "invalid-request") from error
    if not isinstance(body, dict):
        raise InvalidInput(
            "the body is no object", "body", f"send an object with {', '.join(known)}", "invalid-request"
        )
    for name in body:
        if name not in known:
            raise InvalidInput(f'"{name[:60]}" is not known here', name[:60], f"send {', '.join(known)}", "no-field")
    return body


def values_of(body: dict[str, Any]) -> dict[str, Any]:
    """The fields in a body."""
    values: dict[str, Any] = typed(body, "values", dict, {})
    return values


def typed(body: dict[str, Any], name: str, kind: type, default: Any) -> Any:
    """A member of a body, of this kind."""
    value = body.get(name, default)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise InvalidInput(f"this is no {kind.__name__}", name, "see openapi.json", "invalid-request")
    return value


def answer(content: Any, status: int = 200) -> JsonResponse:
    """JSON in UTF-8 as it is."""
    return JsonResponse(content, status=status, json_dumps_params={"ensure_ascii": False})


def changed_meanwhile(
    request: HttpRequest, viewer: Viewer, type: str, id: int, revision: int, error: Conflict
) -> HttpResponse:
    """409 with the record as it is now and what was done since `revision` was read."""
    view = facade.get(viewer, type, id)
    since = max(0, view.revision - revision)
    done: list[tuple[Any, dict[str, Any]]] = [
        *((one.at, {"by": one.by_name, "fields": dict(one.fields)}) for one in facade.changes(viewer, type, id)),
        *((one.at, {"by": one.by_name, "step": one.name}) for one in facade.steps(viewer, type, id)),
    ]
    newest = sorted(done, key=lambda one: one[0], reverse=True)[: min(since, CHANGES_TOLD_MAX)]
    made = problem(status_of(error), error, reference_of(request))
    content = json.loads(made.content)
    content["changed"] = [{"at": plain_value(at), **told} for at, told in newest]
    content["current"] = record(view)
    response = answer(content, made.status_code)
    response["Content-Type"] = "application/problem+json"
    return response
