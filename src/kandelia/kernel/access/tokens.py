"""API tokens: made, listed, revoked, and checked at each request."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from kandelia.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kandelia.base.ids import new_id
from kandelia.kernel.access.audit import audit
from kandelia.kernel.access.contracts import RIGHTS, Right, Role, TokenView, Viewer
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
    address: str = "",
) -> tuple[TokenView, str]:
    """A token of the viewer's organisation and its secret, which is shown this once.

    NotAllowed for a role or duty beyond the viewer's own, or when a token asks; Conflict when the name is taken.
    """
    held = sorted(set(duties))
    _may_make(viewer, role, held)
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
            prefix=secret[: token_text.PREFIX_LENGTH],
            digest=token_text.digest(secret),
            created_by=viewer.subject,
            expires_at=expires_at,
        )
        audit(viewer, "token.create", name, {"id": made.id, "role": role.value, "duties": held}, address)
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
    duties = _allowed_duties(row) if row is not None else None
    if row is None or duties is None:
        return None
    if row.last_used_at is None or now - row.last_used_at > USED_PERIOD:
        Token.objects.filter(id=row.id).update(last_used_at=now)
    return Viewer(row.organisation_id, f"token:{row.id}", row.name, Role(row.role), language, duties)


def _allowed_duties(row: Token) -> frozenset[str] | None:
    """The duties of a token that its maker still holds, None where the maker has lost access or that role.

    A token never outlives or outranks the person who made it.
    """
    kind, _, id = row.created_by.partition(":")
    if kind != "person":
        return frozenset(row.duties)
    person = Person.objects.filter(id=id, active=True).first()
    membership = person.memberships.filter(organisation_id=row.organisation_id).first() if person else None
    if membership is None or not RIGHTS[Role(row.role)] <= RIGHTS[Role(membership.role)]:
        return None
    if not row.duties:
        return frozenset()
    return frozenset(row.duties) & frozenset(membership.duties.values_list("name", flat=True))


def _may_make(viewer: Viewer, role: Role, duties: list[str]) -> None:
    if viewer.subject.startswith("token:"):
        raise NotAllowed("a token may not make tokens", "tokens", "sign in, or use `kandelia token`", "not-allowed")
    if not RIGHTS[role] <= RIGHTS[viewer.role]:
        raise NotAllowed(
            f"the role {role.value} is beyond your own", "role", f"choose {viewer.role.value} or less", "not-allowed"
        )
    beyond = [name for name in duties if name not in viewer.duties]
    if beyond and viewer.subject != SYSTEM_SUBJECT:
        held = ", ".join(sorted(viewer.duties)) or "you hold none"
        raise NotAllowed(f'the duty "{beyond[0][:40]}" is not yours', "duties", f"choose of: {held}", "not-allowed")


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
    )
