"""The way in beyond the password: a code where one is asked, or the word of another provider."""

import time

from django.db import transaction
from django.http import HttpRequest

from kandelia.base.errors import Conflict, InvalidInput, NotAllowed
from kandelia.kernel.access import refusals
from kandelia.kernel.access.audit import append
from kandelia.kernel.access.contracts import RIGHTS, PersonView, Role
from kandelia.kernel.access.guards import system_viewer
from kandelia.kernel.access.models import Membership, Person
from kandelia.kernel.access.people import add_person
from kandelia.kernel.access.revocation import tell_revoked
from kandelia.kernel.access.sessions import address_of, admit, may_enter, refuse_blocked
from kandelia.kernel.credentials import second_factor
from kandelia.kernel.credentials.contracts import Admission, Foreigner
from kandelia.kernel.credentials.models import ForeignIdentity, SecondFactor

WAITING = "waiting_for_code"
WAITING_S = 300  # to find the telephone
PROVIDER = "provider"


def wants_code(request: HttpRequest, person: Person) -> bool:
    """True where codes are asked of the person; the session then waits for one and opens nothing."""
    if not SecondFactor.objects.filter(person=person).exclude(confirmed_at=None).exists():
        return False
    request.session.cycle_key()
    request.session[WAITING] = {"person": person.id, "until_s": int(time.time()) + WAITING_S}
    return True


def waits_for_code(request: HttpRequest) -> bool:
    """True between the right password and the code."""
    return _waiting(request) is not None


def finish(request: HttpRequest, code: str) -> PersonView:
    """Let the person in who gave the right password before. NotAllowed for a wrong code (counted like a wrong password)
    or where the time is over, TooMuch while blocked."""
    person, address = _waiting(request), address_of(request)
    if person is None:
        raise NotAllowed("the time for the code is over", "sign-in", "sign in again", "code-late")
    refuse_blocked(person.sign_in, address)
    proof = second_factor.accept(person.id, code)
    if not proof:
        refusals.note_failed_sign_in(person.sign_in, address)
        raise NotAllowed("this is not the code", "code", "wait for the next one and type it at once", "wrong-code")
    request.session.pop(WAITING, None)
    return admit(request, person, proof=proof)


def sign_in_foreigner(request: HttpRequest, who: Foreigner, rule: Admission) -> PersonView:
    """Let in whom a provider vouches for: by issuer and subject, else as the rule says. NotAllowed where it says no."""
    role = _role(who, rule)
    with transaction.atomic():
        known = ForeignIdentity.objects.select_related("person").filter(issuer=who.issuer, subject=who.subject).first()
        person = known.person if known else _first_time(who, rule, role)
        if role is not None:
            _keep_role(person, rule.organisation, role)
    if not may_enter(person):
        raise _refused("this account is shut out", "ask an administrator")
    return admit(request, person, proof=PROVIDER)


def _waiting(request: HttpRequest) -> Person | None:
    kept = request.session.get(WAITING)
    if not kept or kept["until_s"] < time.time():
        return None
    person = Person.objects.filter(id=kept["person"]).first()
    return person if person is not None and may_enter(person) else None


def _role(who: Foreigner, rule: Admission) -> Role | None:
    """The highest role of the provider's groups; None where groups say nothing about roles."""
    if not rule.roles:
        return None
    held = [role for group, role in rule.roles if group in who.groups]
    if not held:
        raise _refused("none of your groups has a role here", "ask whoever keeps the groups")
    return max(held, key=lambda role: len(RIGHTS[role]))


def _first_time(who: Foreigner, rule: Admission, role: Role | None) -> Person:
    person = Person.objects.filter(sign_in=who.name).first() if who.name else None
    if rule.first == "link" and person is not None:
        here = person.memberships.filter(organisation_id=rule.organisation).exists()
        if not here or person.foreign_identities.filter(issuer=who.issuer).exists():
            raise _refused("this sign-in name belongs to somebody else", "ask an administrator")
    elif rule.first == "add" and person is None:
        person = _add(who, rule, role or Role.VIEWER)
    else:
        raise _refused("nobody here is linked to this account", "ask an administrator to add you")
    ForeignIdentity.objects.create(person=person, issuer=who.issuer, subject=who.subject)
    details = {"issuer": who.issuer, "subject": who.subject}
    append(f"person:{person.id}", "person.link", person.sign_in, details, organisation=rule.organisation)
    return person


def _add(who: Foreigner, rule: Admission, role: Role) -> Person:
    """A person with a password that nobody knows: they sign in by the provider until an administrator resets it."""
    try:
        viewer = system_viewer(rule.organisation)
        made, _ = add_person(viewer, who.name, "", role, name=who.called, must_change=False)
    except (Conflict, InvalidInput) as error:
        raise _refused("no account can be made of what the provider says", error.mend) from error
    Person.objects.filter(id=made.id).update(email=who.email)
    return Person.objects.get(id=made.id)


def _keep_role(person: Person, organisation: str, role: Role) -> None:
    place, made = Membership.objects.get_or_create(
        person=person, organisation_id=organisation, defaults={"role": role.value}
    )
    if made or place.role != role.value:
        Membership.objects.filter(id=place.id).update(role=role.value)
        details = {"role": role.value, "by": PROVIDER}
        append("system", "person.role", person.sign_in, details, organisation=organisation)
        tell_revoked(f"person:{person.id}")


def _refused(what: str, mend: str) -> NotAllowed:
    return NotAllowed(what, "sign-in", mend, "provider-refused")
