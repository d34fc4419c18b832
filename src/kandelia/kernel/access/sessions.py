"""Signing in and out, and who a request comes from."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, login, logout
from django.contrib.auth.hashers import make_password as hash_password
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import get_language

from kandelia.base.errors import NotAllowed, NotFound, TooMuch
from kandelia.kernel.access import refusals
from kandelia.kernel.access.audit import append
from kandelia.kernel.access.contracts import OrganisationView, PersonView, Role, Viewer
from kandelia.kernel.access.grants import grants_of
from kandelia.kernel.access.logic import token_text
from kandelia.kernel.access.models import Membership, Person
from kandelia.kernel.access.organisations import organisation_view
from kandelia.kernel.access.people import PASSWORD_LENGTH_MAX, person_view
from kandelia.kernel.access.revocation import tell_revoked
from kandelia.kernel.access.tokens import viewer_of_secret

IDLE_S = 12 * 3_600  # a shift and its handover
ABSOLUTE_S = 7 * 86_400
SEEN_PERIOD_S = 300  # a session is written no oftener for having been used
BACKEND = "kandelia.kernel.access.sign_in.Backend"
ORGANISATION = "organisation"
BEGAN = "began_s"
SEEN = "seen_s"
MISSING = object()
PROVEN = "proven"  # in the session: more than a password was shown
lenders: list[Callable[[Viewer], Viewer]] = []  # give a person who signs in the duties of those they stand in for
checks: list[Callable[[HttpRequest, Person], bool]] = []  # want more than a password before a session begins
openers: list[Callable[[HttpRequest, Person], None]] = []  # are told of each session that has begun or changed its key


def on_viewer(lend: Callable[[Viewer], Viewer]) -> None:
    """Let `lend` add to who a session speaks for; asked once a request."""
    if lend not in lenders:
        lenders.append(lend)


def on_sign_in(wants_more: Callable[[HttpRequest, Person], bool]) -> None:
    """Ask `wants_more` after each right password; where it says True it lets the person in later, by `admit`."""
    if wants_more not in checks:
        checks.append(wants_more)


def on_session(opened: Callable[[HttpRequest, Person], None]) -> None:
    """Tell `opened` of each session that has begun or goes on under another key."""
    if opened not in openers:
        openers.append(opened)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The person behind a session, and the organisations they may switch to.

    `wants_proof`: their role asks for more than a password, and this session has shown none.
    """

    person: PersonView
    organisations: tuple[OrganisationView, ...]
    wants_proof: bool = False


def sign_in(request: HttpRequest, name: str, password: str) -> PersonView | None:
    """Begin a session under a fresh key; None where more than the password is wanted first (`on_sign_in`).

    NotAllowed for a wrong name or password, said alike and after the same time; TooMuch while blocked.
    """
    address = address_of(request)
    refuse_blocked(name, address)
    person = authenticate(name, password)
    if person is None:
        refusals.note_failed_sign_in(name, address)
        raise NotAllowed("name or password is wrong", "sign-in", "check both and try again", "sign-in-refused")
    if any(wants_more(request, person) for wants_more in checks):
        return None  # the count of failures stays: the password alone opens nothing
    return admit(request, person)


def refuse_blocked(name: str, address: str) -> None:
    """TooMuch while this name or address has failed too often."""
    wait_s = refusals.wait_s(name, address)
    if wait_s > 0:
        raise TooMuch(
            "too many failed sign-ins", "sign-in", f"try again in {int(wait_s) + 1} seconds", "sign-in-blocked"
        )


def admit(request: HttpRequest, person: Person, *, proof: str = "") -> PersonView:
    """Begin the session of a person who has shown all that is wanted; `proof` says what beyond the password."""
    refusals.forget(person.sign_in)
    _begin(request, person, proof)
    by = {"by": proof} if proof else {}
    append(f"person:{person.id}", "sign-in", person.sign_in, by, address=address_of(request))
    return person_view(person)


def may_enter(person: Person) -> bool:
    """True for somebody who is not shut out and has a place to go."""
    return person.active and bool(_memberships(person))


def note_proof(request: HttpRequest, proof: str) -> None:
    """The person of this session has now shown more than a password."""
    request.session[PROVEN] = proof


def authenticate(name: str, password: str) -> Person | None:
    """The person, if the password is theirs and they have a place to go; unknown names cost the same Argon2 run."""
    person = Person.objects.filter(sign_in=name.strip()).first() if len(name) <= 150 else None
    password = password[: PASSWORD_LENGTH_MAX + 1]
    if person is None:
        hash_password(password)
        return None
    fits = person.check_password(password) and len(password) <= PASSWORD_LENGTH_MAX
    return person if fits and may_enter(person) else None


def sign_out(request: HttpRequest) -> None:
    """End the session and forget what it held. The person's live sockets close; other sessions open theirs anew."""
    person = session_person(request)
    if person is not None:
        append(f"person:{person.id}", "sign-out", person.sign_in, {}, address=address_of(request))
        tell_revoked(f"person:{person.id}")
    logout(request)


def switch_organisation(request: HttpRequest, organisation: str) -> None:
    """See another of one's organisations from now on; NotFound where one has no place there."""
    person = session_person(request)
    places = _memberships(person) if person else []
    if organisation not in {place.organisation_id for place in places}:
        raise NotFound(f'no organisation "{organisation[:60]}" of yours', "organisation", "", "organisation-unknown")
    request.session[ORGANISATION] = organisation


def viewer_of_request(request: HttpRequest) -> Viewer | None:
    """Who asks: by Bearer token where an Authorization header is sent (and then by nothing else), else by session."""
    known = getattr(request, "_viewer", MISSING)
    if known is MISSING:
        known = _by_token(request) if "Authorization" in request.headers else _by_session(request)
        request._viewer = known  # type: ignore[attr-defined]
    return known  # type: ignore[return-value]


def signed_in(request: HttpRequest) -> SignedIn | None:
    """The person behind the session and where they may go, None for tokens and strangers."""
    person = session_person(request)
    if person is None:
        return None
    places = _memberships(person)
    wants = not request.session.get(PROVEN) and any(place.role in place.organisation.proof_roles for place in places)
    return SignedIn(person_view(person), tuple(organisation_view(place.organisation) for place in places), wants)


def session_person(request: HttpRequest) -> Person | None:
    """The active person of a session that is neither idle too long nor too old; what has ended is emptied."""
    known = getattr(request, "_person", MISSING)
    if known is MISSING:
        known = _read_session(request)
        request._person = known  # type: ignore[attr-defined]
    return known  # type: ignore[return-value]


def address_of(request: HttpRequest) -> str:
    """The peer's address; what a header says of it is not believed."""
    return str(request.META.get("REMOTE_ADDR", ""))


def keep_session(request: HttpRequest, person_id: int) -> None:
    """After the person changed their own password, this session goes on under a fresh key."""
    person = Person.objects.get(id=person_id)
    request.session.cycle_key()
    request.session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    for opened in openers:
        opened(request, person)


def _begin(request: HttpRequest, person: Person, proof: str) -> None:
    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    login(request, person, backend=BACKEND)
    now_s = int(time.time())
    request.session[BEGAN] = now_s
    request.session[SEEN] = now_s
    request.session[PROVEN] = proof
    request.session.set_expiry(IDLE_S)
    for opened in openers:
        opened(request, person)
    request._person = person  # type: ignore[attr-defined]
    request.__dict__.pop("_viewer", None)


def _read_session(request: HttpRequest) -> Person | None:
    session = getattr(request, "session", None)
    if session is None or SESSION_KEY not in session:
        return None
    now_s = int(time.time())
    person = Person.objects.filter(id=session[SESSION_KEY], active=True).first()
    ended = now_s - session.get(SEEN, 0) > IDLE_S or now_s - session.get(BEGAN, 0) > ABSOLUTE_S
    if person is None or ended or not _same_password(session.get(HASH_SESSION_KEY, ""), person):
        session.flush()
        return None
    if now_s - session[SEEN] > SEEN_PERIOD_S:
        session[SEEN] = now_s
    return person


def _same_password(kept: str, person: Person) -> bool:
    """Sessions from before a change of password have ended."""
    return constant_time_compare(kept, person.get_session_auth_hash())


def _by_session(request: HttpRequest) -> Viewer | None:
    person = session_person(request)
    places = _memberships(person) if person else []
    if person is None or not places:
        return None
    wanted = request.session.get(ORGANISATION)
    place = next((place for place in places if place.organisation_id == wanted), places[0])
    duties = frozenset(duty.name for duty in place.duties.all())
    role = Role(place.role)
    grants = grants_of(place)
    viewer = Viewer(place.organisation_id, f"person:{person.id}", str(person), role, _language(), duties, grants=grants)
    for lend in lenders:
        viewer = lend(viewer)
    return viewer


def _by_token(request: HttpRequest) -> Viewer | None:
    secret = token_text.of_header(request.headers["Authorization"])
    viewer = viewer_of_secret(secret, _language()) if secret else None
    if viewer is None:
        refusals.note_refusal("anonymous", "token.refused", "", {}, address_of(request))
    return viewer


def _memberships(person: Person) -> list[Membership]:
    rows = person.memberships.select_related("organisation").prefetch_related("duties")
    rows = rows.filter(organisation__active=True)
    return list(rows.order_by("organisation_id"))


def _language() -> str:
    return (get_language() or "zh")[:2]
