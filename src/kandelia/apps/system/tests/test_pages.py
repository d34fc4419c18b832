"""Promise: only administrators see the status page, only the first organisation's see the platform itself."""

import pytest
from django.db import connection
from django.test import Client

from kandelia.apps.system.collecting import sees_platform
from kandelia.base.text import LocalText
from kandelia.sdk.records import access
from kandelia.sdk.views import Role, Viewer

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def signed_in(organisation: str, role: Role) -> Client:
    access.add_organisation(organisation, LocalText(organisation, organisation))
    access.add_person(access.system_viewer(organisation), "ada", PASSWORD, role, must_change=False)
    client = Client()
    assert client.post("/sign-in", {"name": "ada", "password": PASSWORD}).status_code == 302
    return client


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.ENGINEER])
def test_others_than_administrators_are_refused(role: Role) -> None:
    client = signed_in("main", role)
    for path in ("/system", "/api/v1/system/status", "/api/v1/system/figures"):
        assert client.get(path).status_code == 403, path


def test_an_administrator_sees_roles_even_while_the_bus_is_away() -> None:
    client = signed_in("main", Role.ADMINISTRATOR)
    assert client.get("/system").status_code == 200
    assert b"role-table" in client.get("/system", headers={"HX-Request": "true"}).content
    assert {row["role"] for row in client.get("/api/v1/system/status").json()["roles"]} >= {"web", "history"}


def test_another_organisations_administrator_sees_nothing_of_the_platform() -> None:
    client = signed_in("other", Role.ADMINISTRATOR)
    assert b"role-table" not in client.get("/system", headers={"HX-Request": "true"}).content
    assert client.get("/api/v1/system/status").json()["roles"] == []
    for path in ("", "/trend?signals=1&start=0&end=1000", "/1/raw?start=0&end=1000"):
        assert client.get(f"/api/v1/system/figures{path}").status_code == 403, path


def test_the_rule() -> None:
    assert sees_platform(Viewer("main", "person:1", "a", Role.ADMINISTRATOR))
    assert not sees_platform(Viewer("main", "person:1", "a", Role.ENGINEER))
    assert not sees_platform(Viewer("other", "person:1", "a", Role.ADMINISTRATOR))


def test_the_audit_is_filtered_and_tells_of_a_row_that_was_changed() -> None:
    client = signed_in("main", Role.ADMINISTRATOR)
    system = access.system_viewer("main")
    access.audit(system, "signal.change", "sz.oven.t1", {"unit": "K"})
    access.audit(access.system_viewer("other"), "signal.change", "secret", {})
    page = client.get("/audit?action=signal.", headers={"Accept-Language": "en"}).content.decode()
    assert "sz.oven.t1" in page
    assert "secret" not in page
    assert "person.add" not in page.split("<tbody>")[1]
    assert client.get("/audit?first_day=2999-01-01").content.count(b"data-audit") == 0
    assert client.get("/audit?first_day=tomorrow").status_code == 400
    assert client.get("/audit?subject=system&last_day=2999-01-01").content.count(b"data-audit") >= 1
    assert client.get("/api/v1/system/audit?action=signal.").json()["items"][0]["target"] == "sz.oven.t1"
    assert b"note-success" in client.post("/audit/verify").content
    with connection.cursor() as cursor:  # past the triggers that keep it append-only, as a thief would
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'access_auditentry'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP TRIGGER {name}")
        cursor.execute("UPDATE access_auditentry SET target = 'elsewhere' WHERE target = 'sz.oven.t1'")
    assert b'data-state="alarm"' in client.get("/audit?action=signal.").content
    assert b"note-alarm" in client.post("/audit/verify").content


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.ENGINEER])
def test_the_audit_is_for_administrators(role: Role) -> None:
    client = signed_in("main", role)
    assert client.get("/audit").status_code == 403
    assert client.post("/audit/verify").status_code == 403
    assert client.get("/api/v1/system/audit").status_code == 403


def test_the_quarantine_is_for_engineers_and_says_when_the_bus_is_away() -> None:
    client = signed_in("main", Role.OPERATOR)
    assert client.get("/quarantine").status_code == 403
    access.add_person(access.system_viewer("main"), "eve", PASSWORD, Role.ENGINEER, must_change=False)
    engineer = Client()
    engineer.post("/sign-in", {"name": "eve", "password": PASSWORD})
    assert b"link-note" in engineer.get("/quarantine").content
