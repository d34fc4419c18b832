"""The measures for programs, under /api/v1/measures: list, schema, compute; for whoever has a token or a session."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Router

from kandelia.apps.measures import facade
from kandelia.apps.measures.firm import confirmed
from kandelia.apps.measures.logic.asking import parse_json
from kandelia.apps.measures.logic.eligibility import Offer
from kandelia.apps.measures.logic.questions import parse_day
from kandelia.base.errors import InvalidInput, NotAllowed
from kandelia.sdk.records import access

ANSWERS: Any = {200: None}  # described in words: the shape of an input differs from line to line (see its schema)
BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"type": "object", "description": "See the schema of the line"}}},
    }
}
router = Router(tags=["measures"])


@router.get("/measures", response=ANSWERS)
def measures(request: HttpRequest) -> HttpResponse:
    """Every line with its parameters and citations, every commitment, open point and overlap."""
    return _json(facade.documents())


@router.get("/measures/{line}/schema", response=ANSWERS)
def schema(request: HttpRequest, line: str, language: str = "en") -> HttpResponse:
    """The JSON Schema (2020-12) of what the line takes; language zh or en."""
    return _json(facade.schema(line, "zh" if language.startswith("zh") else "en"))


@router.post("/measures/{line}/compute", response=ANSWERS, openapi_extra=BODY)
def compute(request: HttpRequest, line: str, as_of: str) -> HttpResponse:
    """The upper bound of the line for the JSON of the body, as of a day, with trace, conditions and open points."""
    result = facade.compute(line, parse_json(request.body, "body"), parse_day(as_of, "as_of"))
    return HttpResponse(result.canonical(), content_type="application/json")


@router.post("/measures-eligibility", response=ANSWERS, openapi_extra=BODY)
def eligibility(request: HttpRequest, as_of: str) -> HttpResponse:
    """Every line for a firm: {"profile": {kind, sector, size, local, roles, standings}, "cases": {line: input}}."""
    body = parse_json(request.body, "body")
    if not isinstance(body, dict) or set(body) - {"profile", "cases"}:
        raise InvalidInput(
            "this is no question", "body", 'send {"profile": {…}, "cases": {"M7": {…}}}', "invalid-input"
        )
    profile, cases = body.get("profile") or {}, body.get("cases") or {}
    if not isinstance(profile, dict) or not isinstance(cases, dict):
        raise InvalidInput(
            "profile and cases are objects", "body", 'send {"profile": {…}, "cases": {…}}', "invalid-input"
        )
    found = facade.offers(facade.profile_from(profile), cases, parse_day(as_of, "as_of"))
    return _json([_offer(one) for one in found])


@router.post("/measures/{line}/confirm", response={201: None})
def confirm(request: HttpRequest, line: str) -> HttpResponse:
    """Your firm confirms what is proposed to it; Location names the application, which is handed in or a draft."""
    viewer = access.viewer_of_request(request)
    if viewer is None:
        raise NotAllowed("nobody is signed in", "", "send a Bearer token or sign in", "not-signed-in")
    return HttpResponse(status=201, headers={"Location": confirmed(viewer, line)})


def _offer(one: Offer) -> dict[str, Any]:
    texts = {
        name: [{"zh": text.zh, "en": text.en} for text in getattr(one, name)]
        for name in ("because", "needs", "findings")
    }
    return {
        "line": one.line,
        "title": {"zh": one.title.zh, "en": one.title.en},
        "chance": one.chance.value,
        "upper_bound": one.upper_bound or None,
        **texts,
        "result": one.result.document() if one.result else None,
    }


def _json(value: Any) -> HttpResponse:
    return HttpResponse(json.dumps(value, ensure_ascii=False), content_type="application/json")
