"""Promise: every type, step and reading is open to the roles of this table and to nobody else, through the API."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from kandelia.apps.applications import store
from kandelia.apps.applications.tests import cast as stage
from kandelia.apps.applications.tests.cast import Cast
from kandelia.sdk.record_types import Entry, facade, type_of, writing
from kandelia.sdk.views import Viewer

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
ROLES = (
    "firm0",
    "firm1",
    "acceptance",
    "auditor",
    "leader",
    "finance",
    "supervisor",
    "editor",
    "publisher",
    "expert",
    "other_expert",
    "clerk",
    "public",
)
OFFICES = "acceptance auditor leader finance supervisor"
# type, state, action, roles (and no others). "read" and "edit" are actions like the steps.
TABLE = (
    (
        "call",
        "draft",
        "read",
        "acceptance auditor leader finance supervisor editor publisher expert other_expert clerk",
    ),
    ("call", "draft", "edit", "editor"),
    ("call", "draft", "submit", "editor"),
    ("call", "review", "publish", "leader publisher"),
    ("call", "review", "send_back", "publisher"),
    ("call", "published", "withdraw", "publisher"),
    ("application", "draft", "read", "firm0"),
    ("application", "draft", "edit", "firm0"),
    ("application", "draft", "submit", "firm0"),
    ("application", "draft", "withdraw", "firm0"),
    ("application", "submitted", "read", f"firm0 {OFFICES} expert"),  # whose sheet it has
    ("application", "submitted", "edit", ""),
    ("application", "submitted", "return", "acceptance"),
    ("application", "submitted", "accept", "acceptance"),
    ("application", "submitted", "reject", "acceptance"),
    ("application", "returned", "edit", "firm0"),
    ("application", "returned", "resubmit", "firm0"),
    ("application", "accepted", "draw", "acceptance"),
    ("application", "expert_review", "read", f"firm0 {OFFICES} expert"),
    ("application", "expert_review", "close_review", "acceptance"),
    ("application", "special_audit", "report_audit", "auditor"),
    ("application", "audited", "reserve", "acceptance"),
    ("application", "audited", "deny", "leader"),
    ("application", "reserved", "publish", "acceptance"),
    ("application", "publicity", "read", " ".join(ROLES[:-1])),
    ("application", "publicity", "edit", ""),
    ("application", "noticed", "decide", "leader"),
    ("application", "noticed", "deny", "leader"),
    ("application", "decided", "pay", "finance"),
    ("application", "paid", "evaluate", "supervisor"),
    ("application", "paid", "recover", "finance"),
    ("application", "evaluated", "close", "supervisor"),
    ("score", "assigned", "read", "expert"),
    ("score", "assigned", "edit", "expert"),
    ("score", "assigned", "give", "expert"),
    ("score", "assigned", "decline", "expert"),
    ("objection", "raised", "read", "firm1 acceptance leader supervisor"),
    ("objection", "raised", "edit", ""),
    ("objection", "raised", "dismiss", "supervisor"),
    ("objection", "raised", "uphold", "supervisor"),
    ("payment", "recorded", "read", "firm0 auditor leader finance supervisor"),
    ("payment", "recorded", "edit", ""),
    ("payment", "recorded", "confirm", "finance"),
    ("payment", "recorded", "bounce", "finance"),
    ("reviewer", "active", "read", "acceptance supervisor expert"),
    ("reviewer", "active", "edit", "acceptance supervisor expert"),
    ("reviewer", "active", "retire", "acceptance supervisor"),
)
MAKERS = {
    "call": "acceptance editor",
    "application": "firm0 firm1",
    "score": "",
    "payment": "",
    "reviewer": "acceptance supervisor",
    "objection": " ".join(ROLES[:-1]),
}
REFUSED = (401, 403, 404)
EDITS = {
    "call": {"title": "改"},
    "application": {"project": "改"},
    "score": {"opinion": "改"},
    "objection": {"grounds": "改"},
    "payment": {"voucher": "改"},
    "reviewer": {"subjects": "改"},
}


@pytest.fixture
def cast() -> Cast:
    return stage.assemble()


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """`ask(viewer, method, path, body)`: the API's status for a viewer; nothing stays of what was done."""
    who: list[Viewer | None] = [None]
    for room in ("web.screens", "web.middleware", "web.context", "web.answers", "api.answering"):
        monkeypatch.setattr(f"kandelia.surfaces.{room}.viewer_of_request", lambda _request: who[0], raising=False)
    client = Client(raise_request_exception=False)

    def asked(viewer: Viewer | None, method: str, path: str, body: Any = None) -> int:
        who[0] = viewer
        with transaction.atomic():
            answer = client.generic(
                method.upper(), f"/api/v1/records/{path}", json.dumps(body or {}), content_type="application/json"
            )
            transaction.set_rollback(True)
        return int(answer.status_code)

    return asked


def people(cast: Cast, sheet: Any) -> dict[str, Viewer | None]:
    """Every role; `expert` is the one the sheet is for."""
    drawn = next(one for one in cast.experts if one.person == sheet.person_id)
    other = next(one for one in cast.experts if not store.rows("score").filter(person_id=one.person).exists())
    named: dict[str, Viewer | None] = {name: cast.people[name] for name in ROLES if name in cast.people}
    return {**named, "expert": drawn, "other_expert": other, "public": None}


def subjects(cast: Cast) -> tuple[dict[str, int], Any]:
    """One record of each type; its state is set as the table wants it."""
    call = stage.call(cast)
    id = stage.noticed(cast, call)
    objection = facade.create(cast.firm1, "objection", {"application": id, "grounds": "甲"}).id
    sheet = store.scores_of(id)[0]
    payment = store.new(
        "payment",
        application_id=id,
        amount=1,
        day="2026-11-24",
        voucher="V",
        recorded_by="person:0",
        account="62220001",
    )
    [paid] = writing.create_many(
        stage.access.system_viewer("bureau"), type_of("payment"), [payment], organisation="firm0"
    )
    return (
        {
            "call": call,
            "application": id,
            "score": sheet.entry_id,
            "objection": objection,
            "payment": paid,
            "reviewer": sheet.reviewer_id,
        },
        sheet,
    )


def put_in(type: str, id: int, state: str) -> None:
    public = type_of(type).life.state(state).public
    Entry.objects.filter(id=id).update(state=state, public=public, last_by="system", created_by="person:999")
    if type == "application":
        handed_in = None if state == "draft" else "2026-11-01"
        type_of(type).model.objects.filter(entry_id=id).update(submitted_on=handed_in)
    if type == "score":
        type_of(type).model.objects.filter(entry_id=id).update(revealed=False)


def test_the_table_of_types_roles_and_actions(cast: Cast, ask: Callable[..., int]) -> None:
    ids, sheet = subjects(cast)
    roles = people(cast, sheet)
    wrong = []
    for type, state, action, allowed in TABLE:
        put_in(type, ids[type], state)
        method, path, body = request(type, ids[type], action)
        for name, viewer in roles.items():
            status = ask(viewer, method, path, body)
            if (status not in REFUSED) != (name in allowed.split()):
                wrong.append(f"{type} {state} {action} {name}: {status}")
    for type, allowed in MAKERS.items():
        for name, viewer in roles.items():
            status = ask(viewer, "post", type, {})
            if (status not in REFUSED) != (name in allowed.split()):
                wrong.append(f"{type} make {name}: {status}")
    assert not wrong, "\n".join(wrong)


def request(type: str, id: int, action: str) -> tuple[str, str, Any]:
    if action == "read":
        return "get", f"{type}/{id}", None
    if action == "edit":
        return "patch", f"{type}/{id}", {"values": EDITS[type]}
    return "post", f"{type}/{id}/steps/{action}", {"reason": "因"}


def test_the_table_names_every_step_of_every_type() -> None:
    by_people = {
        (type, step.name)
        for type in MAKERS
        for step in type_of(type).life.transitions
        if not {"clock", "system"} & set(step.roles)
    }
    left_out = by_people - {(type, action) for type, _, action, _ in TABLE}
    assert left_out == {("call", "supersede"), ("reviewer", "restore")}, left_out
