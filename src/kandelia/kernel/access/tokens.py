"""API tokens: made, listed, revoked, and checked at each request."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TypeGuard

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from kandelia.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kandelia.base.ids import new_id
from kandelia.kernel.access.audit import audit
from kandelia.kernel.access.contracts import PLACE_ROLES, RIGHTS, Grant, Right, Role, TokenView, Viewer
from kandelia.kernel.access.grants import check_places, grants_of
from kandelia.kernel.access.guards import SYSTEM_SUBJECT
from kandelia.kernel.access.logic import token_text
from kandelia.kernel.access.models import Person, Token
from kandelia.kernel.access.organisations import find_organisation
from kandelia.kernel.access.revocation import tell_revoked

NAME_LENGTH_MAX = 120
TOKENS_MAX = 500  # a person or script that makes more has a fault
USED_PERIOD = timedelta(minutes=1)  # `last_used_at` is written no oftener


def create_token(
    viewer: Viewer,
    name: str,
    role: Role,
    expires_at: datetime | None = None,
    *,
    duties: Iterable[str] = (),
    places: Iterable[str] = (),
    address: str = "",
) -> tuple[TokenView, str]:
    """A token of the viewer's organisation and its secret, which is shown this once.

    Its role counts at `places` alone where some are given. NotAllowed for a role, place or duty beyond the viewer's
    own, or when a token asks; Conflict when the name is taken.
    """
    held, where = sorted(set(duties)), check_places(viewer.organisation, places)
    _may_make(viewer, role, held, where)
    name = name.strip()
    if not name or len(name) > NAME_LENGTH_MAX:
        raise InvalidInput("a token needs a name", "name", f"give it 1 to {NAME_LENGTH_MAX} characters", "invalid-name")
    if expires_at and expires_at <= timezone.now():
        raise InvalidInput("the token would have expired already", "expires_at", "choose a later time", "expired")
    secret = token_text.make()
    with transaction.atomic():
        live = Token.objects.filter(organisation=find_organisation(viewer.organisation), revoked_at=None)
        if live.filter(name=name).exists():
            raise Conflict(f'a token named "{name}" exists', "name", "choose another name or revoke it", "token-exists")
        if live.count() >= TOKENS_MAX:
            raise Conflict(f"{TOKENS_MAX} tokens exist", "tokens", "revoke some first", "too-many-tokens")
        made = Token.objects.create(
            id=new_id(),
            organisation_id=viewer.organisation,
            name=name,
            role=role.value,
            duties=held,
            places=where,
            prefix=secret[: token_text.PREFIX_LENGTH],
            digest=token_text.digest(secret),
            created_by=viewer.subject,
            expires_at=expires_at,
        )
        audit(
            viewer, "token.create", name, {"id": made.id, "role": role.value, "duties": held, "places": where}, address
        )
    return _view(made), secret


def list_tokens(viewer: Viewer) -> tuple[TokenView, ...]:
    """Tokens not revoked, newest first: an administrator sees the organisation's, others their own."""
    return tuple(_view(row) for row in _seen_by(viewer).order_by("-created_at"))


def revoke_token(viewer: Viewer, id: str, *, address: str = "") -> None:
    """End a token at once, its live sockets too; NotFound where the viewer sees none of this id."""
    with transaction.atomic():
        found = _seen_by(viewer).filter(id=id).first()
        if found is None:
            raise NotFound(f'no token "{id}"', "token", "list the tokens to see their ids", "token-unknown")
        found.revoked_at = timezone.now()
        found.save(update_fields=["revoked_at"])
        audit(viewer, "token.revoke", found.name, {"id": found.id}, address)
        tell_revoked(f"token:{found.id}")


def viewer_of_secret(secret: str, language: str) -> Viewer | None:
    """Who a secret speaks for; None when it is unknown, revoked, expired, or its maker has lost access."""
    now = timezone.now()
    row = (
        Token.objects.select_related("organisation")
        .filter(digest=token_text.digest(secret), revoked_at=None, organisation__active=True)
        .filter(Q(expires_at=None) | Q(expires_at__gt=now))
        .first()
    )
    if row is None or not _is_allowed(maker := _maker(row), row):
        return None
    if row.last_used_at is None or now - row.last_used_at > USED_PERIOD:
        Token.objects.filter(id=row.id).update(last_used_at=now)
    role, duties = Role(row.role), frozenset(row.duties)
    return Viewer(
        row.organisation_id,
        f"token:{row.id}",
        row.name,
        Role.MEMBER if row.places else role,
        language,
        duties & maker.duties if maker.person else duties,
        grants=tuple(Grant(role, place, maker.until) for place in row.places),
        ends_at=row.expires_at,
    )


def _is_allowed(maker: Viewer | None, row: Token) -> TypeGuard[Viewer]:
    """True while the maker still holds what the token may do: it never outlives or outranks them."""
    return maker is not None and not _beyond(maker, Role(row.role), row.places)


def _maker(row: Token) -> Viewer | None:
    """Who made it as they are now; None where they have lost access. The platform's own commands may all."""
    kind, _, id = row.created_by.partition(":")
    if kind != "person":
        return Viewer(row.organisation_id, row.created_by, row.created_by, Role.ADMINISTRATOR)
    person = Person.objects.filter(id=id, active=True).first()
    place = person.memberships.filter(organisation_id=row.organisation_id).first() if person else None
    if place is None:
        return None
    duties = frozenset(place.duties.values_list("name", flat=True)) if row.duties else frozenset()
    grants = grants_of(place)
    return Viewer(row.organisation_id, row.created_by, str(person), Role(place.role), duties=duties, grants=grants)


def _beyond(maker: Viewer, role: Role, places: Iterable[str]) -> str:
    """What of a role at places the maker does not hold, empty if nothing."""
    if not places:
        return "" if RIGHTS[role] <= RIGHTS[maker.role] else f"the role {role.value}"
    lacks = [place for place in places if not all(maker.may_at(right, place) for right in RIGHTS[role])]
    return f'the role {role.value} at "{lacks[0]}"' if lacks else ""


def _may_make(viewer: Viewer, role: Role, duties: list[str], places: list[str]) -> None:
    if viewer.subject.startswith("token:"):
        raise NotAllowed("a token may not make tokens", "tokens", "sign in, or use `kandelia token`", "not-allowed")
    if places and role not in PLACE_ROLES:
        raise InvalidInput(f"{role.value} counts everywhere or not at all", "role", "choose another", "invalid-role")
    if beyond := _beyond(viewer, role, places):
        mend = f"choose {viewer.role.value} or less, at places that are yours"
        raise NotAllowed(f"{beyond} is beyond your own", "role", mend, "not-allowed")
    foreign = [name for name in duties if name not in viewer.duties]
    if foreign and viewer.subject != SYSTEM_SUBJECT:
        held = ", ".join(sorted(viewer.duties)) or "you hold none"
        raise NotAllowed(f'the duty "{foreign[0][:40]}" is not yours', "duties", f"choose of: {held}", "not-allowed")


def _seen_by(viewer: Viewer) -> QuerySet[Token]:
    rows = Token.objects.filter(organisation_id=viewer.organisation, revoked_at=None)
    return rows if viewer.may(Right.ADMINISTER) else rows.filter(created_by=viewer.subject)


def _view(row: Token) -> TokenView:
    return TokenView(
        row.id,
        row.organisation_id,
        row.name,
        Role(row.role),
        row.prefix,
        row.created_by,
        row.created_at,
        row.expires_at,
        row.last_used_at,
        row.revoked_at,
        tuple(row.duties),
        tuple(row.places),
    )
