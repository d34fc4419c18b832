"""Errors in the user's words: what happened, where, and how to mend it."""

from dataclasses import dataclass


@dataclass(eq=False)
class KandeliaError(Exception):
    """An error a person can act on.

    `what` says what is wrong, `where` names the file, line, field or thing, `mend` says what to do.
    `code` is a stable word for programs (RFC 9457 problem type), never translated.
    """

    what: str
    where: str = ""
    mend: str = ""
    code: str = "error"

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}; {self.mend}" if self.mend else head


class SettingsError(KandeliaError):
    """A settings file or environment variable is wrong."""


class InvalidInput(KandeliaError):
    """What was sent cannot be understood or stored."""


class NotAllowed(KandeliaError):
    """The viewer lacks the right; also said for things that exist but belong to somebody else."""


class NotFound(KandeliaError):
    """No such thing for this viewer."""


class Conflict(KandeliaError):
    """The thing exists already, or has changed since it was read."""


class Unavailable(KandeliaError):
    """A part of the platform is away for now; trying again later may succeed."""


class TooMuch(KandeliaError):
    """The request asks for more than a stated limit."""
