"""Promise: an identity is made by password, by a certificate of ours or by its own, shown once, and ended, on the page
and by the API."""

import re

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client

from kandelia.base.text import LocalText
from kandelia.kernel.access import facade as access
from kandelia.kernel.access.contracts import Role
from kandelia.kernel.access.device_certificates import fingerprint_of

PASSWORD = "seven mangroves at dusk"
pytestmark = pytest.mark.django_db


@pytest.fixture
def system(monkeypatch):
    monkeypatch.setattr(Argon2PasswordHasher, "time_cost", 1)
    monkeypatch.setattr(Argon2PasswordHasher, "memory_cost", 64)
    access.add_organisation("main", LocalText("主厂", "Main"))
    return access.system_viewer("main")


def client_of(system, role: Role) -> Client:
    access.add_person(system, role.value, PASSWORD, role, language="en", must_change=False)
    client = Client()
    client.post("/sign-in", {"name": role.value, "password": PASSWORD})
    return client


def test_the_page_makes_and_ends(system) -> None:
    client = client_of(system, Role.ENGINEER)
    assert "No device yet" in client.get("/devices").content.decode()
    page = client.post("/devices", {"name": "press 1", "by": "password"}).content.decode()
    assert re.search(r'id="secret">kdl_[\w-]{43}<', page)
    page = client.post("/devices", {"name": "press 2", "by": "certificate", "publish": "line1/#\r\n"}).content.decode()
    pem = re.search(r"-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----", page).group()
    assert "PRIVATE KEY" in page
    assert "PRIVATE KEY" not in client.get("/devices").content.decode()
    certified = next(one for one in access.list_devices(system) if one.name == "press 2")
    assert certified.fingerprint == fingerprint_of(pem)[0] and certified.publish == ("line1/#",)
    taken = client.post("/devices", {"name": "press 3", "by": "fingerprint", "fingerprint": pem})
    assert taken.status_code == 422
    assert client.post("/devices", {"name": "press 3", "by": "fingerprint", "fingerprint": "zz"}).status_code == 422
    client.post(f"/devices/{certified.id}/end")
    client.post("/devices", {"name": "press 3", "by": "fingerprint", "fingerprint": pem})
    assert [one.name for one in access.list_devices(system)] == ["press 1", "press 3"]
    assert next(grant.fingerprint for grant in access.grants() if grant.name == "press 3") == certified.fingerprint


def test_who_may_not_configure_sees_none(system) -> None:
    client = client_of(system, Role.OPERATOR)
    assert client.get("/devices").status_code == 403
    assert client.get("/api/v1/devices").status_code == 403


def test_the_api_makes_and_ends(system) -> None:
    _, secret = access.create_token(system, "script", Role.ENGINEER)
    client = Client(headers={"Authorization": f"Bearer {secret}"})

    def post(**body):
        return client.post("/api/v1/devices", body, content_type="application/json")

    assert post(name="a").json()["secret"].startswith("kdl_")
    made = post(name="b", by="certificate").json()
    assert fingerprint_of(made["issued"]["certificate"])[0] == made["fingerprint"] and made["secret"] is None
    assert post(name="c", by="fingerprint").status_code == 400
    assert [one["name"] for one in client.get("/api/v1/devices").json()["items"]] == ["a", "b"]
    assert "key" not in client.get("/api/v1/devices").json()["items"][1]
    assert client.delete(f"/api/v1/devices/{made['id']}").status_code == 204
    assert client.delete(f"/api/v1/devices/{made['id']}").status_code == 404
