"""Who is looking, and what they may do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from kandelia.base.text import LocalText


class Role(StrEnum):
    """The four roles of a person or token within one organisation."""

    ADMINISTRATOR = "administrator"
    ENGINEER = "engineer"
    OPERATOR = "operator"
    VIEWER = "viewer"


class Right(StrEnum):
    """What can be granted; a role holds a fixed set."""

    SEE = "see"  # things, signals, values, history
    OPERATE = "operate"  # acknowledge, later: command devices
    CONFIGURE = "configure"  # things, connections, signals, loads
    ADMINISTER = "administer"  # people, tokens, audit, system status


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.VIEWER: frozenset({Right.SEE}),
    Role.OPERATOR: frozenset({Right.SEE, Right.OPERATE}),
    Role.ENGINEER: frozenset({Right.SEE, Right.OPERATE, Right.CONFIGURE}),
    Role.ADMINISTRATOR: frozenset(Right),
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person or token acting within one organisation; every facade takes one first.

    `organisation` is the organisation's plain id; `subject` is "person:<id>" or "token:<id>" (written to the audit,
    named when sockets must close). `duties` are the offices held there beside the role (applicant, finance …);
    those held only as a deputy stand in `stands_for` too, each with the name of the absent person.
    """

    organisation: str
    subject: str
    name: str
    role: Role
    language: str = "zh"
    duties: frozenset[str] = frozenset()
    stands_for: tuple[tuple[str, str], ...] = ()

    @property
    def person(self) -> int | None:
        """The id of the person, None for tokens and the platform itself."""
        kind, _, id = self.subject.partition(":")
        return int(id) if kind == "person" else None

    def may(self, right: Right) -> bool:
        """True if the role holds the right."""
        return right in RIGHTS[self.role]


@dataclass(frozen=True, slots=True)
class OrganisationView:
    """A firm, bureau or department."""

    id: str
    name: LocalText
    active: bool = True


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person who signs in; `roles` by organisation id, to others than the person only of their organisation."""

    id: int
    sign_in: str
    name: str
    language: str = ""
    theme: str = ""
    active: bool = True
    must_change_password: bool = False
    roles: Mapping[str, Role] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class TokenView:
    """An API token without its secret; `prefix` is how the secret begins."""

    id: str
    organisation: str
    name: str
    role: Role
    prefix: str
    created_by: str
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None
    duties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditView:
    """One row of the audit."""

    id: int
    at: datetime
    organisation: str
    subject: str
    action: str
    target: str
    details: Mapping[str, object]
    address: str
    hash: str
