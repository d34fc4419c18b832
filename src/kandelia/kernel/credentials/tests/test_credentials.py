"""Promise: a code is asked where set up and taken once; recovery codes too; a provider lets in whom the rule lets in;
passwords are not taken again; one's open sessions end one by one."""

import time
from itertools import pairwise

import pyotp
import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest

from kandelia.base.errors import InvalidInput, KandeliaError, NotAllowed, TooMuch
from kandelia.base.text import LocalText
from kandelia.kernel.access import facade as access
from kandelia.kernel.access.contracts import Role
from kandelia.kernel.access.models import AuditEntry, Person
from kandelia.kernel.credentials import facade, second_factor
from kandelia.kernel.credentials.contracts import Admission, Foreigner
from kandelia.kernel.credentials.models import RecoveryCode, SecondFactor

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


def request(key: str | None = None) -> HttpRequest:
    made = HttpRequest()
    made.session = SessionStore(key)
    made.META = {"REMOTE_ADDR": "192.0.2.7", "HTTP_USER_AGENT": "a browser"}
    return made


def person(system, name: str = "li", role: Role = Role.ENGINEER) -> int:
    return access.add_person(system, name, PASSWORD, role, must_change=False)[0].id


def enrolled(id: int) -> tuple[pyotp.TOTP, tuple[str, ...]]:
    totp = pyotp.TOTP(facade.enrol(id).secret)
    codes = facade.confirm(id, totp.now())
    SecondFactor.objects.filter(person_id=id).update(last_step=0)  # as if the next step had come
    return totp, codes


def test_a_code_is_asked_and_taken_once(system) -> None:
    id = person(system)
    totp, _ = enrolled(id)
    first = request()
    assert access.sign_in(first, "li", PASSWORD) is None
    assert access.signed_in(first) is None and facade.waits_for_code(first)
    code = totp.now()
    assert facade.finish(first, code).sign_in == "li"
    assert access.signed_in(first) is not None
    second = request()
    access.sign_in(second, "li", PASSWORD)
    with pytest.raises(NotAllowed, match="not the code"):
        facade.finish(second, code)
    assert access.signed_in(second) is None


def test_codes_of_the_past_are_refused(system) -> None:
    id = person(system)
    totp, _ = enrolled(id)
    assert second_factor.accept(id, totp.at(time.time() - 120)) == ""
    assert second_factor.accept(id, "") == ""
    assert second_factor.accept(id, "x" * 10_000) == ""


def test_without_the_password_no_code_helps(system) -> None:
    totp, _ = enrolled(person(system))
    with pytest.raises(NotAllowed, match="time for the code"):
        facade.finish(request(), totp.now())


def test_wrong_codes_count_like_wrong_passwords(system) -> None:
    enrolled(person(system))
    made = request()
    access.sign_in(made, "li", PASSWORD)
    for _ in range(5):
        with pytest.raises(NotAllowed):
            facade.finish(made, "000")
    with pytest.raises(TooMuch):
        facade.finish(made, "000")
    with pytest.raises(TooMuch):
        access.sign_in(request(), "li", PASSWORD)


def test_a_recovery_code_opens_once_and_only_its_hash_is_kept(system) -> None:
    id = person(system)
    _, codes = enrolled(id)
    assert len(set(codes)) == 10
    kept = " ".join(RecoveryCode.objects.values_list("digest", flat=True))
    assert not any(code in kept for code in codes)
    for again in (False, True):
        made = request()
        access.sign_in(made, "li", PASSWORD)
        if again:
            with pytest.raises(NotAllowed):
                facade.finish(made, codes[0].upper())
        else:
            facade.finish(made, codes[0].upper())
    assert facade.of(id).recovery_codes == 9
    assert AuditEntry.objects.filter(action="sign-in", details={"by": "recovery-code"}).count() == 1


def test_the_secret_is_not_kept_in_plain_text(system) -> None:
    id = person(system)
    secret = facade.enrol(id).secret
    assert secret not in SecondFactor.objects.get(person_id=id).secret
    assert facade.enrol(id).secret == secret
    with pytest.raises(InvalidInput):
        facade.confirm(id, "000000" if pyotp.TOTP(secret).now() != "000000" else "000001")


def test_a_role_may_be_made_to_show_more(system) -> None:
    id = person(system)
    facade.set_proof_roles(system, [Role.ENGINEER])
    made = request()
    access.sign_in(made, "li", PASSWORD)
    assert access.signed_in(made).wants_proof
    totp = pyotp.TOTP(facade.enrol(id).secret)
    facade.confirm(id, totp.now())
    access.note_proof(made, "code")
    assert not access.signed_in(made).wants_proof
    other = person(system, "wu", Role.VIEWER)
    made = request()
    access.sign_in(made, "wu", PASSWORD)
    assert other and not access.signed_in(made).wants_proof


def test_an_administrator_takes_a_lost_factor_away(system) -> None:
    id = person(system)
    made = request()
    access.sign_in(made, "li", PASSWORD)
    enrolled(id)
    assert facade.reset(system, "li")
    assert not request(made.session.session_key).session.exists(made.session.session_key)
    assert access.sign_in(request(), "li", PASSWORD).sign_in == "li"
    assert AuditEntry.objects.filter(action="person.second-factor-reset", target="li").exists()
    with pytest.raises(NotAllowed):
        facade.reset(access.viewer_of_request(_signed_in("li")), "li")


def _signed_in(name: str) -> HttpRequest:
    made = request()
    access.sign_in(made, name, PASSWORD)
    made.session.save()
    return made


def test_a_password_of_the_past_is_refused(system) -> None:
    id = person(system)
    words = [PASSWORD, *(f"another evening {n} in may" for n in range(6))]
    for old, new in pairwise(words[:-1]):
        access.change_password(id, old, new)
    with pytest.raises(InvalidInput, match=r"used this password|用过"):
        access.change_password(id, words[-2], words[2])
    access.change_password(id, words[-2], PASSWORD)  # more than five ago


def test_short_and_common_passwords_are_refused(system) -> None:
    for weak in ("eleven char", "123456789012345", "password1234"):
        with pytest.raises(InvalidInput):
            access.add_person(system, "wu", weak, Role.VIEWER)


def test_open_sessions_are_listed_and_ended(system) -> None:
    id = person(system)
    here, there = _signed_in("li"), _signed_in("li")
    listed = facade.sessions_of(here, id)
    assert [one.here for one in listed] == [True, False]
    assert listed[0].agent == "a browser" and listed[0].address == "192.0.2.7"
    facade.end_session(id, listed[1].id)
    assert len(facade.sessions_of(here, id)) == 1
    assert access.signed_in(request(there.session.session_key)) is None
    other = person(system, "wu")
    with pytest.raises(KandeliaError):
        facade.end_session(other, listed[0].id)


RULE = Admission("main", "refuse")


def foreigner(subject: str = "7", name: str = "li", groups: tuple[str, ...] = ()) -> Foreigner:
    return Foreigner("https://id.example", subject, name, "Li", "li@example.cn", groups)


def test_a_stranger_of_the_provider_is_refused_linked_or_added_by_rule(system) -> None:
    id = person(system)
    with pytest.raises(NotAllowed, match="nobody here is linked"):
        facade.sign_in_foreigner(request(), foreigner(), RULE)
    linked = facade.sign_in_foreigner(request(), foreigner(), Admission("main", "link"))
    assert linked.id == id
    assert facade.sign_in_foreigner(request(), foreigner(name="renamed"), RULE).id == id  # by subject from now on
    with pytest.raises(NotAllowed):  # the same name under another subject is somebody else
        facade.sign_in_foreigner(request(), foreigner("8"), Admission("main", "link"))
    with pytest.raises(NotAllowed):
        facade.sign_in_foreigner(request(), foreigner("9", "nobody"), Admission("main", "link"))
    added = facade.sign_in_foreigner(request(), foreigner("10", "wu"), Admission("main", "add"))
    assert added.sign_in == "wu" and added.roles == {"main": Role.VIEWER}
    assert Person.objects.get(id=added.id).email == "li@example.cn"


def test_the_providers_groups_give_the_role(system) -> None:
    rule = Admission("main", "add", (("staff", Role.VIEWER), ("engineers", Role.ENGINEER)))
    added = facade.sign_in_foreigner(request(), foreigner("1", "wu", ("staff", "engineers")), rule)
    assert added.roles == {"main": Role.ENGINEER}
    demoted = facade.sign_in_foreigner(request(), foreigner("1", "wu", ("staff",)), rule)
    assert demoted.roles == {"main": Role.VIEWER}
    with pytest.raises(NotAllowed, match="groups"):
        facade.sign_in_foreigner(request(), foreigner("1", "wu", ("visitors",)), rule)


def test_who_is_shut_out_stays_out(system) -> None:
    rule = Admission("main", "add")
    facade.sign_in_foreigner(request(), foreigner("1", "wu"), rule)
    access.disable_person(system, "wu")
    with pytest.raises(NotAllowed, match="shut out"):
        facade.sign_in_foreigner(request(), foreigner("1", "wu"), rule)
