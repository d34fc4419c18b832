"""Who is looking, and what they may do."""

from dataclasses import dataclass
from enum import StrEnum


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
    named when sockets must close).
    """

    organisation: str
    subject: str
    name: str
    role: Role
    language: str = "zh"

    def may(self, right: Right) -> bool:
        """True if the role holds the right."""
        return right in RIGHTS[self.role]
