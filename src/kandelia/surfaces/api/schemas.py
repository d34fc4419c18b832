"""Bodies of the API as programs send and get them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Field, Schema

from kandelia.base.pages import PAGE_ROWS_MAX
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Role, TokenView, Viewer
from kandelia.kernel.connections.contracts import ConnectionView
from kandelia.kernel.signals.contracts import TREND_POINTS_MAX
from kandelia.kernel.signals.definitions import SignalVersionView, SignalView

KindName = Literal["float", "integer", "boolean", "text", "enumeration"]
Text = Annotated[str, Field(max_length=400)]
Search = Annotated[str, Field(max_length=200)]
Cursor = Annotated[str, Field(max_length=26)]
Limit = Annotated[int, Field(ge=1, le=PAGE_ROWS_MAX)]
Points = Annotated[int, Field(ge=1, le=TREND_POINTS_MAX)]
Rows = Annotated[int, Field(ge=1)]


class Named(Schema):
    """A name in Chinese and English; either may be empty."""

    zh: Text = ""
    en: Text = ""

    def local(self) -> LocalText:
        """As the kernel takes it."""
        return LocalText(self.zh, self.en)


def named(text: LocalText) -> Named:
    """A name as programs get it."""
    return Named(zh=text.zh, en=text.en)


class Problem(Schema):
    """RFC 9457 problem details; `where` names the field or thing, `mend` says what to do."""

    type: str
    title: str
    status: int
    detail: str
    where: str = ""
    mend: str = ""
    reference: str = ""


class Granted(Schema):
    """A role at a place of the plant."""

    role: Role
    place: str
    until: datetime | None = None


class Me(Schema):
    """Who asks."""

    organisation: str
    subject: str
    name: str
    role: Role
    language: str
    grants: list[Granted] = []


class NewToken(Schema):
    """A token to be made."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    role: Role
    expires_at: datetime | None = None
    duties: Annotated[list[Text], Field(max_length=40)] = []
    places: Annotated[list[Text], Field(max_length=100)] = []


class NewDevice(Schema):
    """A device to be made. Without filters it may use the topics below its name."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    by: Literal["password", "certificate", "fingerprint"] = "password"
    fingerprint: Annotated[str, Field(max_length=20_000)] = ""
    publish: Annotated[list[Annotated[str, Field(max_length=300)]], Field(max_length=50)] = []
    subscribe: Annotated[list[Annotated[str, Field(max_length=300)]], Field(max_length=50)] = []
    expires_at: datetime | None = None


class Device(Schema):
    """A device identity without its secret."""

    id: str
    name: str
    prefix: str
    publish: list[str]
    subscribe: list[str]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    fingerprint: str
    certificate_until: datetime | None


class Devices(Schema):
    """All of them."""

    items: list[Device]


class Issued(Schema):
    """A certificate and its key, PEM."""

    certificate: str
    key: str


class MadeDevice(Device):
    """A fresh device with what is shown this once."""

    secret: str | None = None
    issued: Issued | None = None


class Token(Schema):
    """A token without its secret."""

    id: str
    name: str
    role: Role
    duties: list[str]
    places: list[str]
    prefix: str
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class MadeToken(Token):
    """A token and its secret, shown this once."""

    secret: str


class Tokens(Schema):
    """All of them."""

    items: list[Token]


class TicketBody(Schema):
    """Numbers that a page or program will ask the live socket for."""

    signals: Annotated[list[int], Field(max_length=5_000)] = []


class Ticket(Schema):
    """What opens the live socket, for half a minute."""

    ticket: str


class ThingBody(Schema):
    """A site, area, line or machine; what does not belong to its level is not read. `path` moves or renames it."""

    name: Named = Named()
    path: str | None = None
    time_zone: Text = ""
    kind: Text = ""
    line: Text = ""
    card_signals: Annotated[list[Text], Field(max_length=3)] = []
    state_signal: Text = ""


class ConnectionBody(Schema):
    """A connection to be made or changed; a plain password in `settings` is kept as a secret."""

    site: Text
    driver: Text
    name: Named = Named()
    enabled: bool = True
    settings: dict[str, Any] = {}


class Connection(ConnectionBody):
    """A connection with its revisions and, where an edge speaks of it, its state."""

    key: str
    revision_wanted: int
    revision_published: int
    revision_running: int | None = None
    state: str | None = None
    error: str = ""
    grade: str = ""


class Node(Schema):
    """Something found in a device's address space."""

    address: str
    name: str
    has_children: bool
    kind: KindName | None
    unit: str
    writable: bool


class AttemptBody(Schema):
    """Settings to be tried that nobody has saved: open, look below `browse`, read `read` (address: kind) once."""

    site: Text
    driver: Text
    settings: dict[str, Any] = {}
    browse: Text | None = None
    read: Annotated[dict[Text, KindName], Field(max_length=200)] = {}


class Reading(Schema):
    """What an address said; `why` where it cannot be had."""

    address: str
    value: float | int | bool | str | None
    quality: int
    why: str


class Attempt(Schema):
    """What came of an attempt."""

    opened_ms: float
    nodes: list[Node]
    readings: list[Reading]


class SearchBody(Schema):
    """Where to look, and for what a driver speaks to."""

    site: Text
    driver: Text
    host: Text


class Found(Schema):
    """Something that answers at a host, with the settings of a connection to it."""

    name: str
    details: str
    settings: dict[str, Any]


class SignalBody(Schema):
    """A signal to be made, or all of one to be changed."""

    machine: Text
    key: Text
    name: Named = Named()
    kind: KindName = "float"
    unit: Text = ""
    decimals: int = 2
    low: float | None = None
    high: float | None = None
    labels: dict[int, Named] = {}
    period_ms: int = 1_000
    connection: Text = ""
    address: Text = ""
    retention: int = 0
    clash: Literal["keep", "replace"] = "keep"
    active: bool = True
    writable: bool = False
    command_low: float | None = None
    command_high: float | None = None
    step_max: float | None = None
    rate_s: float = 0.0
    second_person: bool = False


class SignalPatch(Schema):
    """What of a signal shall change."""

    machine: Text | None = None
    key: Text | None = None
    name: Named | None = None
    kind: KindName | None = None
    unit: Text | None = None
    decimals: int | None = None
    low: float | None = None
    high: float | None = None
    labels: dict[int, Named] | None = None
    period_ms: int | None = None
    connection: Text | None = None
    address: Text | None = None
    retention: int | None = None
    clash: Literal["keep", "replace"] | None = None
    active: bool | None = None
    writable: bool | None = None
    command_low: float | None = None
    command_high: float | None = None
    step_max: float | None = None
    rate_s: float | None = None
    second_person: bool | None = None


class Signal(SignalBody):
    """A signal."""

    number: int
    id: str


class SignalVersion(Schema):
    """What a signal's numbers mean since a time."""

    since_at: datetime
    kind: KindName
    unit: str


class SignalPage(Schema):
    """A page; `next` goes into `after`, empty on the last one. `total` is counted on the first."""

    items: list[Signal]
    next: str
    total: int | None


def me(viewer: Viewer) -> Me:
    """The viewer as programs get it."""
    return Me(
        organisation=viewer.organisation,
        subject=viewer.subject,
        name=viewer.name,
        role=viewer.role,
        language=viewer.language,
        grants=[Granted(role=one.role, place=one.place, until=one.until) for one in viewer.grants],
    )


def token(view: TokenView) -> dict[str, Any]:
    """A token as programs get it."""
    return {name: getattr(view, name) for name in Token.model_fields}


def signal(view: SignalView) -> Signal:
    """A signal as programs get it."""
    plain = {name: getattr(view, name) for name in Signal.model_fields if name not in ("name", "kind", "labels")}
    labels = {code: named(text) for code, text in view.labels.items()}
    return Signal(**plain, name=named(view.name), kind=kind_name(view.kind), labels=labels)


def version(view: SignalVersionView) -> SignalVersion:
    """A dated version as programs get it."""
    return SignalVersion(since_at=view.since_at, kind=kind_name(view.kind), unit=view.unit)


def kind_name(kind: Kind) -> KindName:
    """The word of a kind."""
    return kind.name.lower()  # type: ignore[return-value]


def signal_view(body: SignalBody, number: int = 0) -> SignalView:
    """A signal as the kernel takes it."""
    plain = body.model_dump(exclude={"name", "kind", "labels", "number", "id"})
    labels = {code: text.local() for code, text in body.labels.items()}
    return SignalView(
        number=number, id="", name=body.name.local(), kind=Kind[body.kind.upper()], labels=labels, **plain
    )


def connection_view(key: str, body: ConnectionBody) -> ConnectionView:
    """A connection as the kernel takes it."""
    return ConnectionView(key, body.site, body.name.local(), body.driver, body.settings, body.enabled)
