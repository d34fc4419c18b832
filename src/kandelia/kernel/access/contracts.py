"""Who is looking, and what they may do, and where."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from kandelia.base.text import LocalText
from kandelia.kernel.access.logic.reach import covered, leads


class Role(StrEnum):
    """What a person or token is within one organisation. A member may nothing by that alone: grants say what, where."""

    ADMINISTRATOR = "administrator"
    ENGINEER = "engineer"
    OPERATOR = "operator"
    VIEWER = "viewer"
    MEMBER = "member"


class Right(StrEnum):
    """What can be granted; a role holds a fixed set."""

    SEE = "see"  # things, signals, values, history
    OPERATE = "operate"  # acknowledge, later: command devices
    CONFIGURE = "configure"  # things, connections, signals, loads
    ADMINISTER = "administer"  # people, tokens, audit, system status


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.MEMBER: frozenset(),
    Role.VIEWER: frozenset({Right.SEE}),
    Role.OPERATOR: frozenset({Right.SEE, Right.OPERATE}),
    Role.ENGINEER: frozenset({Right.SEE, Right.OPERATE, Right.CONFIGURE}),
    Role.ADMINISTRATOR: frozenset(Right),
}


PLACE_ROLES = (Role.VIEWER, Role.OPERATOR, Role.ENGINEER)  # that may be granted at a place


@dataclass(frozen=True, slots=True)
class Grant:
    """A role at one place (the path of a site, area, line or machine), or at single signals where `place` is empty.

    `until` ends it by itself. `since` and `export` bind partners of another organisation: no older data, no files.
    """

    role: Role
    place: str
    until: datetime | None = None
    signals: tuple[int, ...] = ()
    since: datetime | None = None
    export: bool = True
    id: int = 0


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a right holds that does not hold everywhere: below these places and at these signals; empty: nowhere."""

    places: tuple[str, ...] = ()
    signals: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.places or self.signals)

    def covers(self, path: str, line: str = "") -> bool:
        """True for a thing at or below one of the places; `line` is the key of the line that a machine stands on."""
        return covered(self.places, path, line)

    def leads_to(self, path: str) -> bool:
        """True for what one passes on the way to a place, such as the site above it."""
        return leads(self.places, path)


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person or token acting within one organisation; every facade takes one first.

    `organisation` is the organisation's plain id; `subject` is "person:<id>" or "token:<id>" (written to the audit,
    named when sockets must close). `duties` are the offices held there beside the role (applicant, finance …);
    those held only as a deputy stand in `stands_for` too, each with the name of the absent person. `role` counts
    everywhere in the organisation, each of `grants` at its place.
    """

    organisation: str
    subject: str
    name: str
    role: Role
    language: str = "zh"
    duties: frozenset[str] = frozenset()
    stands_for: tuple[tuple[str, str], ...] = ()
    grants: tuple[Grant, ...] = ()
    ends_at: datetime | None = None  # when a token ends by itself
    home: str = ""  # the organisation one comes from, where `organisation` is another that shares something with it

    @property
    def person(self) -> int | None:
        """The id of the person, None for tokens and the platform itself."""
        kind, _, id = self.subject.partition(":")
        return int(id) if kind == "person" else None

    def may(self, right: Right) -> bool:
        """True if the right holds everywhere in the organisation."""
        return right in RIGHTS[self.role]

    def reach(self, right: Right) -> Reach | None:
        """Where the right holds; None: everywhere."""
        if self.may(right):
            return None
        held = [grant for grant in self.grants if right in RIGHTS[grant.role]]
        places = dict.fromkeys(grant.place for grant in held if grant.place)
        return Reach(tuple(places), tuple(sorted({number for grant in held for number in grant.signals})))

    def may_somewhere(self, right: Right) -> bool:
        """True if the right holds at one place at least."""
        return self.may(right) or bool(self.reach(right))

    def may_at(self, right: Right, path: str, line: str = "") -> bool:
        """True if the right holds at a thing; `line` is the key of the line that a machine stands on."""
        reach = self.reach(right)
        return reach is None or reach.covers(path, line)

    @property
    def until(self) -> datetime | None:
        """The first instant at which some of this ends by itself: then one must ask again who this is."""
        return min(_instants([self.ends_at, *(grant.until for grant in self.grants)]), default=None)


def _instants(given: Iterable[datetime | None]) -> list[datetime]:
    return [one for one in given if one is not None]


@dataclass(frozen=True, slots=True)
class GrantView:
    """A grant of a person, as administrators see it."""

    id: int
    person: int
    role: Role
    place: str
    until: datetime | None
    created_by: str
    created_at: datetime


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
    places: tuple[str, ...] = ()  # where the role counts; empty: everywhere


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
