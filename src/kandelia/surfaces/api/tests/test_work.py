"""Promise: inbox, comments, assignment, deputies, notices and calendar by the API, each as its screens have it."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from kandelia.base.text import LocalText
from kandelia.kernel.access import facade as access
from kandelia.kernel.access.contracts import Role, Viewer
from kandelia.kernel.access.models import Membership, Organisation
from kandelia.kernel.calendar import facade as calendar
from kandelia.kernel.records import facade as records

pytestmark = pytest.mark.django_db
PEOPLE = {
    "wang": ("firm", Role.OPERATOR, ()),
    "li": ("other", Role.ADMINISTRATOR, ()),
    "zhao": ("bureau", Role.VIEWER, ("acceptance",)),
    "qian": ("bureau", Role.VIEWER, ("expert",)),
    "wu": ("bureau", Role.ADMINISTRATOR, ()),
}


@pytest.fixture
def ask(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """`ask(who, method, path, body)`: the status and the JSON that comes back."""
    settings.ORGANISATION = "bureau"
    calendar.load()  # a test that empties tables takes along what the migration brought
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    access.add_organisation("bureau", LocalText("示范局", "Bureau"))
    for id in ("firm", "other"):
        Organisation.objects.create(id=id, name_zh=id, parent_id="bureau")
    for name, (place, role, duties) in PEOPLE.items():
        access.add_person(access.system_viewer(place), name, "", role, name=name.title(), must_change=False)
        access.set_duties(access.system_viewer(place), name, duties)

    def asked(who: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        for room in ("web.middleware", "api.answering"):
            monkeypatch.setattr(f"kandelia.surfaces.{room}.viewer_of_request", lambda _request: viewer(who))
        content = "" if body is None else json.dumps(body)
        answered = Client().generic(method, f"/api/v1{path}", content, content_type="application/json")
        return answered.status_code, json.loads(answered.content) if answered.content else None

    return asked


def viewer(name: str) -> Viewer:
    place = Membership.objects.get(person__sign_in=name)
    held = frozenset(place.duties.values_list("name", flat=True))
    return Viewer(place.organisation_id, f"person:{place.person_id}", name.title(), Role(place.role), "en", held)


def test_a_record_is_given_spoken_of_and_told(ask: Any) -> None:
    id = records.create(viewer("wang"), "question", {"subject": "Which gateway", "text": "IPv6"}).id
    at = f"/records/question/{id}"
    status, inbox = ask("zhao", "GET", "/inbox?limit=1")
    assert (status, inbox["counts"], inbox["items"][0]["id"]) == (200, {"question": 1}, id)
    assert inbox["items"][0]["state_label"] == {"zh": "已提出", "en": "Opened"}
    assert ask("zhao", "PUT", f"{at}/assignment", {"person": "zhao"})[0] == 200
    assert [one["name"] for one in ask("wu", "GET", f"{at}/assignment")[1]["items"]] == ["Zhao"]
    assert ask("wang", "GET", f"{at}/assignment")[1]["items"] == []
    assert ask("zhao", "POST", f"{at}/comments", {"text": "@qian please", "internal": True})[0] == 201
    assert ask("wang", "GET", f"{at}/comments")[1]["items"] == []
    assert ask("qian", "GET", f"{at}/comments")[1]["items"][0]["text"] == "@qian please"
    told = ask("qian", "GET", "/notices?unread=true")[1]["items"]
    assert [one["kind"] for one in told] == ["mention"] and told[0]["subject"] == f"question/{id}"
    assert ask("qian", "POST", "/notices/read", {"id": told[0]["id"]}) == (204, None)
    assert ask("qian", "GET", "/notices?unread=true")[1]["items"] == []
    for path in ("comments", "assignment"):
        assert ask("li", "GET", f"{at}/{path}")[0] == 404
    assert ask("li", "POST", f"{at}/comments", {"text": "x"})[0] == 404
    assert ask("zhao", "POST", f"{at}/comments", {"text": 1})[0] == 400


def test_duties_are_lent_and_taken_back(ask: Any) -> None:
    day = timezone.localdate().isoformat()
    asked = {"deputy": "qian", "first_day": day, "last_day": day, "duties": ["acceptance"]}
    status, made = ask("zhao", "POST", "/delegations", asked)
    assert status == 201 and made["deputy"]["sign_in"] == "qian" and made["active"]
    assert ask("zhao", "POST", "/delegations", asked)[0] == 409
    assert ask("zhao", "POST", "/delegations", {**asked, "last_day": "soon"})[0] == 400
    assert ask("li", "GET", "/delegations")[1] == {"items": []}
    assert ask("li", "DELETE", f"/delegations/{made['id']}")[0] == 404
    assert ask("zhao", "DELETE", f"/delegations/{made['id']}") == (204, None)


def test_working_days(ask: Any) -> None:
    days = {one["day"]: one for one in ask("wang", "GET", "/calendar/2026")[1]["items"]}
    assert len(days) == 365 and days["2026-10-10"]["working"] and not days["2026-10-01"]["working"]
    assert ask("wu", "PUT", "/calendar/days/2026-11-27", {"working": False, "name": "x"})[0] == 204
    assert ask("li", "PUT", "/calendar/days/2026-11-26", {"working": False})[0] == 403
    assert ask("zhao", "PUT", "/calendar/days/2026-11-26", {"working": False})[0] == 403
    assert ask("wu", "PUT", "/calendar/days/2026-11-26", {})[0] == 400
