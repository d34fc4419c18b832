"""Promise: dashboards are one's own or everybody's; who may not see or change one cannot, by page or by API."""

import json

import pytest
from django.test import Client

from kandelia.apps.plant.tests.test_pages import PASSWORD, make_plant, read
from kandelia.base.text import LocalText
from kandelia.sdk.records import access, signals
from kandelia.sdk.views import Role

pytestmark = pytest.mark.django_db
API = "/api/v1/plant/dashboards"
NAMES = {"ada": Role.ENGINEER, "bob": Role.VIEWER}


@pytest.fixture
def people() -> dict[str, Client]:
    """A signed-in client for an engineer, a viewer, and an administrator of another organisation."""
    for organisation in ("main", "other"):
        access.add_organisation(organisation, LocalText(organisation, organisation))
    for name, role in NAMES.items():
        access.add_person(access.system_viewer("main"), name, PASSWORD, role, must_change=False)
    access.add_person(access.system_viewer("other"), "eve", PASSWORD, Role.ADMINISTRATOR, must_change=False)
    make_plant("main", "炉")
    found = {}
    for name in (*NAMES, "eve"):
        found[name] = Client()
        assert found[name].post("/sign-in", {"name": name, "password": PASSWORD}).status_code == 302
    return found


def number() -> int:
    return signals.list_signals(access.system_viewer("main")).items[0].number


def body(**more: object) -> dict[str, object]:
    tile = {"kind": "value", "x": 0, "y": 0, "w": 3, "h": 2, "signals": [number()]}
    return {"name": {"zh": "班组", "en": "Shift"}, "body": {"schema": 1, "tiles": [tile]}, "own": False, **more}


def send(client: Client, method: str, path: str, sent: object = None) -> tuple[int, dict]:
    answer = client.generic(method, path, json.dumps(sent), content_type="application/json")
    return answer.status_code, json.loads(answer.content or b"{}")


def test_everybodys_is_seen_by_all_of_the_organisation_and_changed_by_who_may(people) -> None:
    status, made = send(people["ada"], "POST", API, body())
    assert (status, made["revision"], made["may_change"]) == (201, 1, True)
    one = f"{API}/{made['id']}"
    assert send(people["bob"], "GET", one)[1]["may_change"] is False
    assert send(people["bob"], "PUT", one, body(revision=1))[0] == 403
    assert send(people["bob"], "DELETE", one)[0] == 403
    assert send(people["bob"], "POST", API, body())[0] == 403
    assert send(people["eve"], "GET", one)[0] == 404
    assert send(people["eve"], "DELETE", one)[0] == 404
    assert "Shift" in read(people["bob"], f"/dashboards/{made['id']}")
    assert "data-board-edit" not in read(people["bob"], f"/dashboards/{made['id']}")
    assert people["eve"].get(f"/dashboards/{made['id']}").status_code == 404
    assert send(people["ada"], "DELETE", one)[0] == 204
    assert send(people["ada"], "GET", one)[0] == 404


def test_ones_own_is_nobody_elses(people) -> None:
    status, made = send(people["bob"], "POST", API, body(own=True))
    assert status == 201
    assert send(people["ada"], "GET", f"{API}/{made['id']}")[0] == 404
    assert [one["id"] for one in send(people["bob"], "GET", API)[1]["items"]] == [made["id"]]
    assert send(people["ada"], "GET", API)[1]["items"] == []
    assert send(people["bob"], "PUT", f"{API}/{made['id']}", body(own=False, revision=1))[0] == 403


def test_two_who_change_it_at_once_do_not_overwrite_one_another(people) -> None:
    _, made = send(people["ada"], "POST", API, body())
    one = f"{API}/{made['id']}"
    assert send(people["ada"], "PUT", one, body(revision=1, name={"en": "Night"}))[1]["revision"] == 2
    status, problem = send(people["ada"], "PUT", one, body(revision=1))
    assert (status, problem["type"]) == (409, "urn:kandelia:changed-meanwhile")
    assert send(people["ada"], "GET", one)[1]["name"]["en"] == "Night"


def test_signals_of_others_are_refused_and_those_gone_since_are_told_of(people) -> None:
    make_plant("other", "秘密")
    foreign = signals.list_signals(access.system_viewer("other")).items[0].number
    tile = {"kind": "value", "x": 0, "y": 0, "w": 3, "h": 2, "signals": [foreign]}
    assert send(people["ada"], "POST", API, body(body={"schema": 1, "tiles": [tile]}))[0] == 400
    kept = body()
    _, made = send(people["ada"], "POST", API, kept)
    signals.remove_signal(access.system_viewer("main"), number())
    assert "no longer exists" in read(people["bob"], f"/dashboards/{made['id']}")
    assert send(people["ada"], "PUT", f"{API}/{made['id']}", {**kept, "revision": 1})[0] == 200
    assert people["bob"].post(f"/dashboards/{made['id']}/copy").status_code == 302


def test_the_pages_make_copy_draft_and_remove(people) -> None:
    ada = people["ada"]
    made = ada.post("/dashboards", {"name": "Furnaces", "scope": "site:sz"})
    assert made.status_code == 302
    page = made["Location"].split("?")[0]
    assert "No tile yet" in read(ada, page)
    draft = ada.post(f"{page}/draft", json.dumps(body()["body"]), content_type="application/json")
    assert b"data-tile" in draft.content
    assert ada.post(f"{page}/draft", "[", content_type="application/json").status_code == 400
    assert "Shenzhen" in read(people["bob"], "/dashboards")
    assert ada.post("/dashboards", {"name": " "}).status_code == 400
    assert people["bob"].post("/dashboards", {"name": "x", "scope": "shared"}).status_code == 403
    assert ada.post(f"{page}/remove").status_code == 302
    assert ada.get(page).status_code == 404


def test_comparisons_are_kept_beside_dashboards(people) -> None:
    compared = {"schema": 1, "signals": [number()], "last": "1h"}
    status, made = send(people["bob"], "POST", "/api/v1/plant/comparisons", body(own=True, body=compared))
    assert status == 201
    assert send(people["bob"], "GET", f"{API}/{made['id']}")[0] == 404
    assert f"signals={number()}&amp;last=1h" in read(people["bob"], "/compare")


def test_the_explorer_shows_what_stands_at_a_place(people) -> None:
    assert "sz.smt.oven-0.t1" in read(people["bob"], "/explore")
    within = read(people["bob"], "/explore?at=sz/smt/oven-0&search=lot")
    assert "sz.smt.oven-0.lot" in within
    assert "sz.smt.oven-0.t1" not in within
    assert "No signal fits" in read(people["bob"], "/explore?at=sz/other")
    assert "sz.smt" not in read(people["eve"], "/explore?at=sz/smt")
