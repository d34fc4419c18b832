"""Promise: the pages of the second factor and of open sessions do what the person asks, and a role that must have one
opens nothing else before."""

import re

import pyotp
import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client

from kandelia.base.text import LocalText
from kandelia.kernel.access import facade as access
from kandelia.kernel.access.contracts import Role
from kandelia.kernel.credentials import facade as credentials
from kandelia.kernel.credentials.models import SecondFactor

PASSWORD = "seven mangroves at dusk"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch) -> None:
    monkeypatch.setattr(Argon2PasswordHasher, "time_cost", 1)
    monkeypatch.setattr(Argon2PasswordHasher, "memory_cost", 64)


@pytest.fixture
def system():
    access.add_organisation("main", LocalText("主厂", "Main"))
    return access.system_viewer("main")


def client_of(system, name: str, role: Role = Role.ADMINISTRATOR) -> Client:
    access.add_person(system, name, PASSWORD, role, language="en", must_change=False)
    return signed_in(name)


def signed_in(name: str) -> Client:
    client = Client(headers={"User-Agent": f"browser of {name}"})
    client.post("/sign-in", {"name": name, "password": PASSWORD})
    return client


def set_up(client: Client) -> pyotp.TOTP:
    page = client.get("/me/code").content.decode()
    secret = re.search(r'id="secret">([A-Z2-7 ]+)<', page).group(1).replace(" ", "")
    assert "<svg" in page
    totp = pyotp.TOTP(secret)
    wrong = client.post("/me/code", {"code": "abc"})
    assert wrong.status_code == 422
    done = client.post("/me/code", {"code": totp.now()}).content.decode()
    assert len(re.findall(r"\b[a-z2-9]{5}-[a-z2-9]{5}-[a-z2-9]{5}\b", done)) == 10
    SecondFactor.objects.update(last_step=0)  # as if the next step had come
    return totp


def test_a_code_is_asked_at_the_next_sign_in(system) -> None:
    totp = set_up(client_of(system, "li"))
    client = Client()
    answer = client.post("/sign-in", {"name": "li", "password": PASSWORD, "next": "/me/tokens"})
    assert answer["Location"] == "/sign-in/code?next=%2Fme%2Ftokens"
    assert client.get("/me").status_code == 302 and client.get("/api/v1/me").status_code == 401
    assert client.get("/sign-in/code").status_code == 200
    assert client.post("/sign-in/code", {"code": "000"}).status_code == 403
    assert client.post("/sign-in/code", {"code": totp.now(), "next": "/me/tokens"})["Location"] == "/me/tokens"
    assert client.get("/me").status_code == 200
    assert Client().get("/sign-in/code")["Location"] == "/sign-in"


def test_a_role_that_must_have_one_opens_nothing_else(system) -> None:
    boss = client_of(system, "boss")
    guest = client_of(system, "guest", Role.VIEWER)
    boss.post("/people/proof", {"roles": ["viewer"]})
    assert guest.get("/me")["Location"] == "/me/code"
    assert guest.get("/api/v1/me").status_code == 403
    set_up(guest)
    assert guest.get("/me").status_code == 200 and boss.get("/me").status_code == 200
    assert guest.post("/people/proof", {"roles": []}).status_code == 403


def test_an_administrator_takes_a_lost_one_away(system) -> None:
    boss = client_of(system, "boss")
    guest = client_of(system, "guest", Role.VIEWER)
    set_up(guest)
    id = next(one.id for one in access.list_people(system) if one.sign_in == "guest")
    assert f"/people/{id}/code" in boss.get("/people").content.decode()
    boss.post(f"/people/{id}/code")
    assert credentials.of(id).since is None
    assert guest.get("/me").status_code == 302
    assert signed_in("guest").get("/me").status_code == 200


def test_one_takes_ones_own_away_with_a_code(system) -> None:
    client = client_of(system, "li")
    totp = set_up(client)
    assert client.post("/me/code/remove", {"code": "1"}).status_code == 422
    fresh = client.post("/me/code/renew", {"code": totp.now()})
    code = re.search(r"\b[a-z2-9]{5}-[a-z2-9]{5}-[a-z2-9]{5}\b", fresh.content.decode()).group()
    assert client.post("/me/code/remove", {"code": code})["Location"] == "/me"
    assert signed_in("li").get("/me").status_code == 200


def test_one_ends_another_session_of_ones_own(system) -> None:
    here = client_of(system, "li")
    there = signed_in("li")
    page = here.get("/me").content.decode()
    assert page.count("browser of li") == 4  # two rows, each with the whole text on hover
    (end,) = re.findall(r"/me/sessions/\d+/end", page)
    assert client_of(system, "wu").post(end).status_code == 302
    assert there.get("/me").status_code == 200
    here.post(end)
    assert there.get("/me").status_code == 302 and here.get("/me").status_code == 200


def test_without_a_provider_its_addresses_are_not_there() -> None:
    for address in ("/sign-in/provider", "/sign-in/provider/return", "/sign-in/provider/leave"):
        assert Client().get(address).status_code == 404
