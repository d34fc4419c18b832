"""What leaves the room."""

from dataclasses import dataclass
from datetime import datetime

from kandelia.kernel.access.contracts import Role


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a person puts into an authenticator: the secret (base32) and the same as an otpauth: address."""

    secret: str
    address: str


@dataclass(frozen=True, slots=True)
class SecondFactorView:
    """Whether codes are asked of a person, since when, and how many recovery codes are left."""

    since: datetime | None
    recovery_codes: int = 0


@dataclass(frozen=True, slots=True)
class OpenSessionView:
    """One place where a person is signed in; `here` marks the session that asks."""

    id: int
    address: str
    agent: str
    began_at: datetime
    seen_at: datetime
    here: bool


@dataclass(frozen=True, slots=True)
class Foreigner:
    """What a provider says of somebody (OpenID Connect Core, 5.1), already checked: signature, issuer, audience, time,
    nonce."""

    issuer: str
    subject: str
    name: str = ""  # the claim that `link` and `add` go by
    called: str = ""
    email: str = ""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Admission:
    """What happens to somebody the provider knows and we do not.

    `first` is "refuse", "link" (to the person of that sign-in name) or "add" (a person of that name). `roles` maps the
    provider's groups; where it has entries, somebody in none of these groups is refused and the role follows the groups
    at each sign-in.
    """

    organisation: str
    first: str = "refuse"
    roles: tuple[tuple[str, Role], ...] = ()
