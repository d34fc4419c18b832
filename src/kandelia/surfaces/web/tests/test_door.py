"""Promise: nothing opens without a viewer unless it says so; answers carry the policy; sessions need CSRF tokens."""

import re

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from kandelia.base.text import LocalText
from kandelia.kernel.access import facade
from kandelia.kernel.access.contracts import Role
from kandelia.kernel.access.models import AuditEntry
from kandelia.surfaces.web.screens import is_public

PASSWORD = "seven mangroves at dusk"
PUBLIC = {"measures", "measures-eligibility", "measures-line", "sign-in", "set-language", "set-theme", "health"}
PUBLIC |= {"sign-in-code", "provider", "provider-return", "provider-leave"}
PUBLIC |= {"portal", "portal-search", "portal-list", "portal-record", "applications-notice"}
SAMPLES = {"int": "1", "str": "x", "path": "a/b", "slug": "x", "uuid": "00000000-0000-0000-0000-000000000000"}
REFUSED = (401, 403)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch) -> None:
    monkeypatch.setattr(Argon2PasswordHasher, "time_cost", 1)
    monkeypatch.setattr(Argon2PasswordHasher, "memory_cost", 64)


@pytest.fixture
def system():
    facade.add_organisation("main", LocalText("主厂", "Main"))
    return facade.system_viewer("main")


def add(system, name: str, role: Role = Role.ADMINISTRATOR, **more) -> None:
    facade.add_person(system, name, PASSWORD, role, **{"must_change": False, **more})


def client_of(name: str, **options) -> Client:
    client = Client(**options)
    answer = client.post("/sign-in", {"name": name, "password": PASSWORD})
    assert answer.status_code == 302, answer.content
    return client


def walk(patterns, prefix: str = ""):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from walk(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            route = re.sub(r"<(?:(\w+):)?\w+>", lambda m: SAMPLES.get(m.group(1) or "str", "x"), str(pattern.pattern))
            yield "/" + prefix + route, pattern


ADDRESSES = list(walk(get_resolver().url_patterns))


def test_the_walk_finds_the_addresses() -> None:
    assert len(ADDRESSES) > 20
    assert {pattern.name for _, pattern in ADDRESSES if is_public(pattern.callback)} == PUBLIC


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_no_address_answers_strangers(method: str) -> None:
    client = Client(enforce_csrf_checks=True)
    for address, pattern in ADDRESSES:
        if is_public(pattern.callback):
            continue
        answer = getattr(client, method)(address)
        if address.startswith("/api/"):
            assert answer.status_code == 401, address
            assert answer["Content-Type"] == "application/problem+json", address
            assert answer["WWW-Authenticate"].startswith("Bearer")
        else:
            assert answer.status_code == 302, address
            assert answer["Location"].startswith("/sign-in"), address


@pytest.mark.parametrize("path", ["/sign-in", "/nowhere", "/me", "/api/v1/me", "/healthz"])
def test_every_answer_carries_the_policy(path: str) -> None:
    answer = Client().get(path)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"


def test_sessions_are_kept_in_careful_cookies(system) -> None:
    add(system, "li")
    cookie = client_of("li").cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"


def test_a_session_needs_a_csrf_token_everywhere(system) -> None:
    add(system, "li")
    client = client_of("li")
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    for address in ("/me/theme", "/sign-out", "/api/v1/tokens", "/api/v1/live/ticket"):
        answer = strict.post(address, {}, content_type="application/json")
        assert answer.status_code == 403, address
    page = strict.get("/me").content.decode()
    token = re.search(r'name="csrf-token" content="(\w+)"', page).group(1)
    assert strict.post("/api/v1/live/ticket", headers={"X-CSRFToken": token}).status_code not in REFUSED
    assert strict.post("/sign-out", {"csrfmiddlewaretoken": token}).status_code == 302
    assert strict.get("/me").status_code == 302


def test_a_token_needs_none(system) -> None:
    _, secret = facade.create_token(system, "script", Role.VIEWER)
    strict = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {secret}"})
    assert strict.post("/api/v1/live/ticket").status_code not in REFUSED


@pytest.mark.parametrize("fields", [{}, {"language": "zh", "theme": "dark"}])
def test_a_token_has_no_profile_to_save(system, fields: dict[str, str]) -> None:
    _, secret = facade.create_token(system, "script", Role.ADMINISTRATOR)
    client = Client(headers={"Authorization": f"Bearer {secret}"}, raise_request_exception=False)
    assert client.post("/me/save", fields).status_code == 403


def test_a_wrong_token_is_refused_and_counted(system) -> None:
    before = AuditEntry.objects.count()
    client = Client(headers={"Authorization": "Bearer kdl_" + "x" * 43})
    for _ in range(9):
        assert client.get("/api/v1/me").status_code == 401
    assert AuditEntry.objects.count() - before == 4  # the 1st, 2nd, 4th and 8th


def test_goes_on_to_where_one_was_heading_and_nowhere_else(system) -> None:
    add(system, "li")
    form = {"name": "li", "password": PASSWORD}
    assert Client().post("/sign-in", {**form, "next": "/me/tokens"})["Location"] == "/me/tokens"
    for evil in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        assert Client().post("/sign-in", {**form, "next": evil})["Location"] == "/"


def test_a_given_password_is_changed_first(system) -> None:
    add(system, "new", must_change=True)
    client = client_of("new")
    assert client.get("/me")["Location"] == "/me/password"
    assert client.get("/api/v1/me").status_code == 403
    wrong = client.post("/me/password", {"old": PASSWORD, "new": "another long one", "again": "another long two"})
    assert wrong.status_code == 422
    fresh = "another good long one"
    assert client.post("/me/password", {"old": PASSWORD, "new": fresh, "again": fresh})["Location"] == "/"
    assert client.get("/me").status_code == 200


def test_errors_are_pages_in_the_readers_language(system) -> None:
    add(system, "li")
    client = client_of("li")
    answer = client.get("/nowhere", headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 404
    assert "没有这个页面" in answer.content.decode()
    answer = client.get("/nowhere", headers={"Accept-Language": "en"})
    assert "There is no such page" in answer.content.decode()


def test_an_error_of_ours_says_a_reference_and_nothing_of_the_inside(system, monkeypatch) -> None:
    add(system, "li")
    client = client_of("li")
    client.raise_request_exception = False

    def burst(*_: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(facade, "list_tokens", burst)
    answer = client.get("/me/tokens")
    assert answer.status_code == 500
    assert "secret inside" not in answer.content.decode()
    assert re.search(r"<code>[0-9a-z]{10}</code>", answer.content.decode())


def test_the_rail_shows_what_one_may(system) -> None:
    add(system, "boss")
    add(system, "guest", Role.VIEWER)
    boss, guest = (client_of(name).get("/me").content.decode() for name in ("boss", "guest"))
    assert 'id="rail-system"' in boss
    assert 'id="rail-plant"' in guest and 'id="rail-system"' not in guest
