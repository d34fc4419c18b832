"""Promise: only administrators see the status page, only the first organisation's see the platform itself."""

import pytest
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
