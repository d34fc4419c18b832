"""Promise: only the right people get in, refusals are slowed and summed, tokens live and die as said."""

import time
from datetime import timedelta

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import RequestFactory
from django.utils import timezone

from kandelia.base.errors import Conflict, InvalidInput, NotAllowed, NotFound, TooMuch
from kandelia.base.text import LocalText
from kandelia.kernel.access import append_only, facade, refusals, sessions
from kandelia.kernel.access.contracts import Right, Role, Viewer
from kandelia.kernel.access.logic.attempts import ADDRESS_POLICY
from kandelia.kernel.access.models import AuditEntry, Person, RefusalCount, Token

PASSWORD = "seven mangroves at dusk"
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch) -> None:
    """Argon2 still, with little work."""
    monkeypatch.setattr(Argon2PasswordHasher, "time_cost", 1)
    monkeypatch.setattr(Argon2PasswordHasher, "memory_cost", 64)


@pytest.fixture
def system() -> Viewer:
    facade.add_organisation("main", LocalText("主厂", "Main"))
    facade.add_organisation("other", LocalText("", "Other"))
    return facade.system_viewer("main")


@pytest.fixture
def li(system: Viewer):
    return facade.add_person(system, "li", PASSWORD, Role.ENGINEER, must_change=False)[0]


def request(session: SessionStore | None = None, address: str = "192.0.2.1", **headers: str):
    made = RequestFactory().get("/", REMOTE_ADDR=address, headers=headers)
    made.session = session if session is not None else SessionStore()
    return made


def viewer_with(session: SessionStore) -> Viewer | None:
    return facade.viewer_of_request(request(SessionStore(session.session_key)))


def session_of(name: str = "li", password: str = PASSWORD) -> SessionStore:
    made = request()
    facade.sign_in(made, name, password)
    made.session.save()
    return made.session


def test_signs_in_and_out(li) -> None:
    session = session_of()
    viewer = viewer_with(session)
    assert viewer is not None
    assert (viewer.organisation, viewer.subject, viewer.role) == ("main", f"person:{li.id}", Role.ENGINEER)
    facade.sign_out(request(SessionStore(session.session_key)))
    assert viewer_with(session) is None


def test_the_session_key_is_new_at_sign_in(li) -> None:
    planted = SessionStore()
    planted["x"] = 1
    planted.save()
    made = request(planted)
    old = planted.session_key
    facade.sign_in(made, "li", PASSWORD)
    assert made.session.session_key != old


@pytest.mark.parametrize(("name", "password"), [("li", "wrong"), ("nobody", PASSWORD), ("", ""), ("li" * 200, "x")])
def test_refuses_alike(li, name: str, password: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        facade.sign_in(request(), name, password)
    assert refused.value.what == "name or password is wrong"


def test_unknown_names_cost_the_same_work(li, monkeypatch) -> None:
    runs = []
    monkeypatch.setattr(sessions, "hash_password", lambda password: runs.append("unknown"))
    monkeypatch.setattr(Person, "check_password", lambda self, password: runs.append("known"))
    for name in ("li", "nobody"):
        with pytest.raises(NotAllowed):
            facade.sign_in(request(), name, "wrong")
    assert runs == ["known", "unknown"]


def test_blocks_after_failures_even_the_right_password(li) -> None:
    for _ in range(5):
        with pytest.raises(NotAllowed):
            facade.sign_in(request(), "li", "wrong")
    with pytest.raises(TooMuch):
        facade.sign_in(request(address="198.51.100.9"), "li", PASSWORD)
    RefusalCount.objects.update(blocked_until=timezone.now() - timedelta(seconds=1))
    facade.sign_in(request(), "li", PASSWORD)


def test_blocks_an_address_that_tries_many_names(system) -> None:
    for number in range(ADDRESS_POLICY.free):
        refusals.note_failed_sign_in(f"name{number}", "203.0.113.5")
    assert refusals.wait_s("fresh", "203.0.113.5") > 0
    assert refusals.wait_s("fresh", "203.0.113.6") == 0


def test_a_flood_stays_small(system, monkeypatch) -> None:
    monkeypatch.setattr(refusals, "ROWS_MAX", 50)
    before = AuditEntry.objects.count()
    for number in range(400):
        refusals.note_failed_sign_in(f"n{number}", f"10.0.{number // 200}.{number % 200}")
    assert RefusalCount.objects.count() <= 52
    assert AuditEntry.objects.count() - before < 80


def test_sessions_end_by_idleness_and_by_age(li) -> None:
    for key, age in (("seen_s", sessions.IDLE_S), ("began_s", sessions.ABSOLUTE_S)):
        session = session_of()
        session[key] = int(time.time()) - age - 1
        session.save()
        assert viewer_with(session) is None


def test_disabling_ends_sessions_and_tokens_and_says_so(system, li, django_capture_on_commit_callbacks) -> None:
    told: list[str] = []
    facade.on_revoked(told.append)
    session = session_of()
    viewer = viewer_with(session)
    token, secret = facade.create_token(viewer, "script", Role.OPERATOR)
    with django_capture_on_commit_callbacks(execute=True):
        facade.disable_person(system, "li")
    assert viewer_with(session) is None
    assert facade.viewer_of_request(request(Authorization=f"Bearer {secret}")) is None
    assert {f"person:{li.id}", f"token:{token.id}"} <= set(told)
    with pytest.raises(NotAllowed):
        facade.sign_in(request(), "li", PASSWORD)
    facade.enable_person(system, "li")
    assert session_of() is not None


def test_a_reset_ends_sessions_and_asks_for_a_change(system, li) -> None:
    session = session_of()
    password = facade.reset_password(system, "li")
    assert viewer_with(session) is None
    made = request()
    assert facade.sign_in(made, "li", password).must_change_password
    facade.change_password(li.id, password, PASSWORD + "!")
    facade.keep_session(made, li.id)
    assert not session_of(password=PASSWORD + "!").is_empty()


@pytest.mark.parametrize("password", ["short", "password123", "1234567890123", "li", "x" * 1_001])
def test_weak_passwords_are_refused(li, password: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        facade.change_password(li.id, PASSWORD, password)
    assert refused.value.where == "new"


def test_token_lives_and_dies(system, li) -> None:
    made, secret = facade.create_token(system, "report", Role.VIEWER)
    row = Token.objects.get(id=made.id)
    assert secret not in (row.digest, row.prefix) and secret.startswith(row.prefix)
    viewer = facade.viewer_of_request(request(Authorization=f"Bearer {secret}"))
    assert viewer == Viewer("main", f"token:{made.id}", "report", Role.VIEWER, viewer.language)
    used = Token.objects.get(id=made.id).last_used_at
    facade.viewer_of_request(request(Authorization=f"Bearer {secret}"))
    assert Token.objects.get(id=made.id).last_used_at == used
    facade.revoke_token(system, made.id)
    assert facade.viewer_of_request(request(Authorization=f"Bearer {secret}")) is None
    facade.create_token(system, "report", Role.VIEWER)


def test_token_expires(system) -> None:
    made, secret = facade.create_token(system, "soon", Role.VIEWER, timezone.now() + timedelta(hours=1))
    Token.objects.filter(id=made.id).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert facade.viewer_of_request(request(Authorization=f"Bearer {secret}")) is None
    with pytest.raises(InvalidInput):
        facade.create_token(system, "past", Role.VIEWER, timezone.now() - timedelta(hours=1))


def test_nobody_makes_a_token_above_themselves(system, li) -> None:
    viewer = viewer_with(session_of())
    with pytest.raises(NotAllowed):
        facade.create_token(viewer, "big", Role.ADMINISTRATOR)
    _, secret = facade.create_token(viewer, "own", Role.ENGINEER)
    by_token = facade.viewer_of_request(request(Authorization=f"Bearer {secret}"))
    with pytest.raises(NotAllowed):
        facade.create_token(by_token, "child", Role.VIEWER)
    with pytest.raises(Conflict):
        facade.create_token(viewer, "own", Role.VIEWER)


def test_a_token_holds_only_duties_its_maker_holds(system, li) -> None:
    facade.set_duties(system, "li", ["acceptance", "finance"])
    viewer = viewer_with(session_of())
    with pytest.raises(NotAllowed, match="leader"):
        facade.create_token(viewer, "big", Role.VIEWER, duties=["leader"])
    made, secret = facade.create_token(viewer, "desk", Role.VIEWER, duties=["finance", "acceptance"])
    assert made.duties == ("acceptance", "finance")
    bearer = f"Bearer {secret}"
    assert facade.viewer_of_request(request(Authorization=bearer)).duties == {"acceptance", "finance"}
    facade.set_duties(system, "li", ["finance"])
    assert facade.viewer_of_request(request(Authorization=bearer)).duties == {"finance"}


def test_a_wrong_header_never_falls_back_to_the_session(li) -> None:
    session = session_of()
    assert facade.viewer_of_request(request(session, Authorization="Bearer kdl_wrong")) is None


def test_tokens_and_people_stay_within_their_organisation(system, li) -> None:
    other = facade.system_viewer("other")
    made, _ = facade.create_token(system, "report", Role.VIEWER)
    assert facade.list_tokens(other) == ()
    assert facade.list_people(other) == ()
    for forbidden in (
        lambda: facade.revoke_token(other, made.id),
        lambda: facade.disable_person(other, "li"),
        lambda: facade.reset_password(other, "li"),
    ):
        with pytest.raises(NotFound):
            forbidden()
    assert all(row.organisation == "other" for row in facade.list_audit(other).items)


def test_switches_only_among_ones_own(system, li) -> None:
    session = session_of()
    made = request(SessionStore(session.session_key))
    with pytest.raises(NotFound):
        facade.switch_organisation(made, "other")
    facade.add_person(facade.system_viewer("other"), "li", role=Role.VIEWER)
    facade.switch_organisation(made, "other")
    made.session.save()
    viewer = viewer_with(session)
    assert (viewer.organisation, viewer.role) == ("other", Role.VIEWER)


def test_an_administrator_of_one_organisation_cannot_take_over_who_belongs_to_two(system, li) -> None:
    facade.add_person(facade.system_viewer("other"), "li", role=Role.VIEWER)
    boss = facade.add_person(facade.system_viewer("other"), "boss", PASSWORD, Role.ADMINISTRATOR)[0]
    viewer = Viewer("other", f"person:{boss.id}", "boss", Role.ADMINISTRATOR)
    with pytest.raises(NotAllowed):
        facade.reset_password(viewer, "li")


def test_nobody_sees_which_other_organisations_a_person_belongs_to(system, li) -> None:
    other = facade.system_viewer("other")
    added, _ = facade.add_person(other, "li", role=Role.VIEWER)
    shown = [added, *facade.list_people(other), facade.disable_person(other, "li"), facade.enable_person(other, "li")]
    assert [dict(person.roles) for person in shown] == [{"other": Role.VIEWER}] * 4
    mine = request(session_of())
    assert set(facade.signed_in(mine).person.roles) == {"main", "other"}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR, Role.ENGINEER])
def test_only_administrators_see_people_and_audit(system, role: Role) -> None:
    viewer = Viewer("main", "person:9", "x", role)
    for forbidden in (facade.list_people, facade.list_audit):
        with pytest.raises(NotAllowed):
            forbidden(viewer)
    with pytest.raises(NotAllowed):
        facade.require(viewer, Right.ADMINISTER)


def test_the_chain_shows_what_was_changed(system, li) -> None:
    facade.audit(system, "thing.put", "s1/oven", {"name": "炉", "n": 1.5})
    assert facade.verify_chain() is None
    victim = AuditEntry.objects.order_by("id")[1]
    AuditEntry.objects.filter(id=victim.id).update(target="somebody else")
    assert facade.verify_chain() == victim.id
    AuditEntry.objects.filter(id=victim.id).update(target=victim.target)
    assert facade.verify_chain() is None
    following = AuditEntry.objects.filter(id__gt=victim.id).order_by("id").first()
    victim.delete()
    assert facade.verify_chain() == following.id


def test_the_database_refuses_to_change_the_audit(system) -> None:
    append_only.guard(connection)
    try:
        for change in (lambda rows: rows.update(target="x"), lambda rows: rows.delete()):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                change(AuditEntry.objects.all())
        facade.audit(system, "still", "works", {})
    finally:
        append_only.release(connection)


@pytest.mark.parametrize("id", ["", "Main", "a.b", "x" * 61, "a b", "组织"])
def test_organisation_ids_fit_bus_subjects(id: str) -> None:
    with pytest.raises(InvalidInput):
        facade.add_organisation(id, LocalText(en="x"))
