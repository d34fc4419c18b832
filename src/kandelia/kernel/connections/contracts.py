"""What the data plane is told of a connection and its signals, and what it says back. Django-free."""

import zlib
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

import msgspec

from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.kernel.connections.drivers import Node

SNAPSHOT_BUCKET = "snapshot"  # key: connection_key(...), value: encode_document(...)
UNCONNECTED = "unconnected"  # the driver of the document that carries signals without a connection
EDGE_STREAM = "EDGE"  # what drivers collect; kept until history has it on disk
LOAD_STREAM = "LOAD"  # what is loaded from files or sent by the write API
EDGE_SUBJECTS = ("org.*.site.*.edge.*",)
LOAD_SUBJECTS = ("org.*.site.*.load.*",)
STATE_PERIOD_S = 1.0
OUTBOX_CHANGED = "outbox.changed"  # core message without content: there is something to publish
EDGE_BROWSE = (
    "edge.browse"  # request: JSON {"organisation", "connection", "address"}; answer: JSON list of nodes, or a Refusal
)
EDGE_TRY = "edge.try"  # request: JSON of Attempt; answer: JSON of Tried, or a Refusal
EDGE_FIND = "edge.find"  # request: JSON of Search; answer: JSON list of Found, or a Refusal


@dataclass(frozen=True, slots=True)
class Attempt:
    """Settings that nobody has saved yet, to be tried by the edge of a site: open, look below `browse`, read `read`.

    `secrets` holds the plain secrets that `settings` name, and is never kept. `read` is address → kind.
    """

    organisation: str
    site: str
    driver: str
    settings: dict[str, Any]
    secrets: dict[str, str] = field(default_factory=dict)
    browse: str | None = None
    read: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """What an address said while it was tried; `why` when it cannot be had."""

    value: float | int | bool | str | None = None
    quality: int = 0
    why: str = ""


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of an Attempt; `opened_ms` is what connecting took."""

    opened_ms: float
    nodes: tuple[Node, ...] = ()
    readings: dict[str, Reading] = field(default_factory=dict)  # by address


@dataclass(frozen=True, slots=True)
class Search:
    """Look at a host for what a driver can speak to."""

    organisation: str
    site: str
    driver: str
    host: str


@dataclass(frozen=True, slots=True)
class WriteRule:
    """What may be commanded of a signal that can be written; a missing bound is open.

    `step_max` is the largest change in one command, `rate_s` the least seconds between two.
    """

    low: float | None = None
    high: float | None = None
    step_max: float | None = None
    rate_s: float = 0.0


@dataclass(frozen=True, slots=True)
class SignalEntry:
    """One signal as the data plane needs it; without `write` it cannot be commanded."""

    number: int
    id: str
    kind: Kind
    address: str = ""
    period_ms: int = 1_000
    low: float | None = None
    high: float | None = None
    retention: int = 0
    clash: Literal["keep", "replace"] = "keep"
    write: WriteRule | None = None


@dataclass(frozen=True, slots=True)
class ConnectionDocument:
    """A connection and its signals at one revision (1, 2, 3, … per connection)."""

    id: str
    organisation: str
    site: str
    driver: str
    revision: int
    enabled: bool = True
    settings: dict[str, Any] = field(default_factory=dict)
    signals: tuple[SignalEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """A connection as screens and programs see it; secrets stand in `settings` as {"secret": name}.

    `revision` is what the data plane should run, `published` what has reached the bus; what an edge runs is in
    ConnectionState.
    """

    key: str
    site: str  # site key
    name: LocalText
    driver: str
    settings: dict[str, Any] = field(default_factory=dict)
    enabled: bool = True
    revision: int = 0
    published: int = 0
    grade: str = ""  # of its driver: "bronze", "silver", "gold"; empty where it says nothing of itself


class State(StrEnum):
    """Where a connection stands."""

    CONNECTING = "connecting"
    RUNNING = "running"
    BACKING_OFF = "backing-off"
    STOPPED = "stopped"
    REFUSED = "refused"  # the configuration cannot work; waits for a change


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """Published on state_subject each STATE_PERIOD_S and at every change.

    `proof_ns` is the last proof that the source lives (value, keep-alive, poll answer), by the edge's clock.
    `held_s` is how many seconds of samples wait in the edge's memory because the bus is away.
    """

    id: str
    organisation: str
    site: str
    state: State
    since_ns: int
    at_ns: int
    proof_ns: int = 0
    revision_wanted: int = 0
    revision_running: int = 0
    error: str = ""
    mend: str = ""
    samples: int = 0
    batches: int = 0
    reconnects: int = 0
    errors: int = 0
    items_refused: dict[str, str] = field(default_factory=dict)  # signal id → reason, 100 at most
    samples_per_s: float = 0.0
    held_s: float = 0.0
    lost: int = 0
    fault: str = ""  # the last thing that came and was no sample, in words
    fault_ns: int = 0


def connection_key(organisation: str, connection: str) -> str:
    """The key of a connection's document."""
    return f"{organisation}.{connection}"


def edge_subject(organisation: str, site: str, connection: str) -> str:
    """Where a connection's sample batches go."""
    return f"org.{organisation}.site.{site}.edge.{_word(connection)}"


def load_subject(organisation: str, site: str, source: str) -> str:
    """Where loaded sample batches go."""
    return f"org.{organisation}.site.{site}.load.{_word(source)}"


def state_subject(organisation: str, site: str, connection: str) -> str:
    """Where a connection's state goes."""
    return f"org.{organisation}.site.{site}.state.{_word(connection)}"


def secret_prefix(organisation: str) -> str:
    """How the names of all secrets begin that connections of an organisation may read."""
    return f"connection.{organisation}."


def organisation_of(subject: str) -> str:
    """The organisation in a subject `org.<id>.…`; empty where there is none."""
    head, _, rest = subject.partition(".")
    return rest.partition(".")[0] if head == "org" else ""


def encode_document(document: ConnectionDocument) -> bytes:
    """Compressed JSON; equal documents give equal bytes, so their hash can be compared."""
    return zlib.compress(msgspec.json.encode(document, order="deterministic"))


def decode_document(data: bytes) -> ConnectionDocument:
    """The document; msgspec.MsgspecError or zlib.error when it is damaged."""
    return msgspec.json.decode(zlib.decompress(data), type=ConnectionDocument)


def _word(plain: str) -> str:
    return plain.replace(".", "-")
