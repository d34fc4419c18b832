"""People: added, disabled, given passwords, and their own preferences."""

import secrets

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from kandelia.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kandelia.base.text import LANGUAGES
from kandelia.kernel.access.audit import append, audit
from kandelia.kernel.access.contracts import PersonView, Right, Role, Viewer
from kandelia.kernel.access.grants import tell_person
from kandelia.kernel.access.guards import require
from kandelia.kernel.access.models import Membership, Person
from kandelia.kernel.access.organisations import find_organisation
from kandelia.kernel.access.revocation import tell_revoked

SIGN_IN_LENGTH_MAX = 150
PASSWORD_LENGTH_MAX = 1_000  # Argon2 would gladly spend our time on more
PASSWORD_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # noqa: S105  none that look alike
THEMES = ("system", "light", "dark")


def add_person(
    viewer: Viewer,
    sign_in: str,
    password: str = "",
    role: Role = Role.VIEWER,
    *,
    name: str = "",
    language: str = "",
    must_change: bool = True,
    address: str = "",
) -> tuple[PersonView, str]:
    """A person with a role in the viewer's organisation, and the password (made where none is given).

    A sign-in name that exists already is only given the role here, and keeps its password ("" is returned).
    """
    require(viewer, Right.ADMINISTER)
    sign_in = _sign_in(sign_in)
    with transaction.atomic():
        organisation = find_organisation(viewer.organisation)
        person = Person.objects.filter(sign_in=sign_in).first()
        if person is None:
            password = password or make_password()
            person = Person(sign_in=sign_in, name=name, language=language, must_change_password=must_change)
            set_password(person, password)
        elif person.memberships.filter(organisation=organisation).exists():
            raise Conflict(f'"{sign_in}" exists', "sign-in name", "choose another name", "person-exists")
        elif password:
            raise Conflict(f'"{sign_in}" has a password', "password", "leave the password out", "person-exists")
        Membership.objects.create(person=person, organisation=organisation, role=role.value)
        audit(viewer, "person.add", sign_in, {"role": role.value}, address)
    return person_view(person, viewer.organisation), password


def disable_person(viewer: Viewer, sign_in: str, *, address: str = "") -> PersonView:
    """No further request of theirs is answered and their live sockets close; their tokens stop as well."""
    return _switch(viewer, sign_in, False, address)


def enable_person(viewer: Viewer, sign_in: str, *, address: str = "") -> PersonView:
    """They may sign in again."""
    return _switch(viewer, sign_in, True, address)


def set_role(viewer: Viewer, sign_in: str, role: Role, *, address: str = "") -> None:
    """Another role in the viewer's organisation from the next request on; nobody changes their own."""
    require(viewer, Right.ADMINISTER)
    with transaction.atomic():
        place = Membership.objects.filter(organisation_id=viewer.organisation, person__sign_in=sign_in).first()
        if place is None:
            raise NotFound(f'no person "{sign_in}"', viewer.organisation, "see `kandelia user list`", "person-unknown")
        if viewer.subject == f"person:{place.person_id}":
            raise NotAllowed("nobody changes their own role", "role", "ask another administrator", "not-allowed")
        place.role = role.value
        place.save(update_fields=["role"])
        audit(viewer, "person.role", sign_in, {"role": role.value}, address)
        tell_revoked(f"person:{place.person_id}")


def reset_password(viewer: Viewer, sign_in: str, password: str = "", *, address: str = "") -> str:
    """Give a new password (made where none is given), to be changed at the next sign-in; ends their sessions."""
    require(viewer, Right.ADMINISTER)
    with transaction.atomic():
        person = member(viewer, sign_in)
        password = password or make_password()
        person.must_change_password = True
        set_password(person, password)
        audit(viewer, "person.reset", person.sign_in, {}, address)
        tell_revoked(f"person:{person.id}")
    return password


def change_password(person_id: int, old: str, new: str, *, address: str = "") -> None:
    """The person's own change; InvalidInput names the field that is wrong. Ends their other sessions and sockets."""
    person = Person.objects.get(id=person_id)
    if len(old) > PASSWORD_LENGTH_MAX or not person.check_password(old):
        raise InvalidInput("this is not your password", "old", "type the one you signed in with", "wrong-password")
    if old == new:
        raise InvalidInput("this is the old password", "new", "choose another one", "same-password")
    with transaction.atomic():
        person.must_change_password = False
        set_password(person, new)
        append(f"person:{person.id}", "person.password", person.sign_in, {}, address=address)
        tell_revoked(f"person:{person.id}")


def set_preferences(person_id: int, *, language: str | None = None, theme: str | None = None) -> None:
    """The person's language and theme; InvalidInput for ones we do not have."""
    fields = {}
    if language is not None:
        fields["language"] = _one_of(language, LANGUAGES, "language")
    if theme is not None:
        fields["theme"] = _one_of(theme, THEMES, "theme")
    Person.objects.filter(id=person_id).update(**fields)


def list_people(viewer: Viewer) -> tuple[PersonView, ...]:
    """People with a role in the viewer's organisation, by sign-in name; needs Right.ADMINISTER."""
    require(viewer, Right.ADMINISTER)
    rows = Person.objects.filter(memberships__organisation_id=viewer.organisation).order_by("sign_in")
    return tuple(person_view(row, viewer.organisation) for row in rows.prefetch_related("memberships"))


def set_password(person: Person, password: str) -> None:
    """Check and keep a password; InvalidInput says which rule it breaks. Saves the person."""
    if len(password) > PASSWORD_LENGTH_MAX:
        raise InvalidInput(
            "the password is too long", "new", f"use at most {PASSWORD_LENGTH_MAX} characters", "weak-password"
        )
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise InvalidInput(" ".join(error.messages), "new", "", "weak-password") from error
    person.set_password(password)
    person.save()


def has_password(sign_in: str, password: str) -> bool | None:
    """Whether it is this person's; None where there is nobody of the name."""
    person = Person.objects.filter(sign_in=sign_in).first()
    return None if person is None else person.check_password(password)


def make_password() -> str:
    """A password for a first sign-in: 20 of 31 letters in groups that can be read aloud."""
    groups = ["".join(secrets.choice(PASSWORD_LETTERS) for _ in range(5)) for _ in range(4)]
    return "-".join(groups)


def person_view(row: Person, organisation: str = "") -> PersonView:
    """A row as what leaves the room: to others with the role in their organisation, to the person with every role."""
    places = [place for place in row.memberships.all() if organisation in ("", place.organisation_id)]
    roles = {place.organisation_id: Role(place.role) for place in places}
    return PersonView(
        row.id, row.sign_in, row.name, row.language, row.theme, row.active, row.must_change_password, roles
    )


def _switch(viewer: Viewer, sign_in: str, active: bool, address: str) -> PersonView:
    require(viewer, Right.ADMINISTER)
    with transaction.atomic():
        person = member(viewer, sign_in)
        if viewer.subject == f"person:{person.id}":
            raise NotAllowed("nobody disables themselves", "person", "ask another administrator", "not-allowed")
        person.active = active
        person.save(update_fields=["active"])
        audit(viewer, "person.enable" if active else "person.disable", person.sign_in, {}, address)
        if not active:
            tell_person(person.id)
    return person_view(person, viewer.organisation)


def member(viewer: Viewer, sign_in: str) -> Person:
    """A person that this organisation alone answers for, or the platform itself asks."""
    found = Person.objects.filter(sign_in=sign_in.strip(), memberships__organisation_id=viewer.organisation).first()
    if found is None:
        raise NotFound(f'no person "{sign_in}"', viewer.organisation, "see `kandelia user list`", "person-unknown")
    elsewhere = found.memberships.exclude(organisation_id=viewer.organisation).exists()
    if elsewhere and viewer.subject.startswith("person:"):
        raise NotAllowed(
            f'"{sign_in}" belongs to other organisations too',
            "person",
            "ask the operator of the installation (`kandelia user`)",
            "not-allowed",
        )
    return found


def _sign_in(text: str) -> str:
    text = text.strip()
    if not text or len(text) > SIGN_IN_LENGTH_MAX or not text.isprintable() or " " in text:
        raise InvalidInput(
            f'"{text[:40]}" is no sign-in name',
            "sign-in name",
            f"use 1 to {SIGN_IN_LENGTH_MAX} characters without spaces",
            "invalid-name",
        )
    return text


def _one_of(text: str, known: tuple[str, ...], where: str) -> str:
    if text not in known:
        raise InvalidInput(
            f'"{text[:20]}" is none of ours', where, f"choose one of {', '.join(known)}", "invalid-choice"
        )
    return text
