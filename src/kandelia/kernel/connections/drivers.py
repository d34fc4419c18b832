"""What a protocol gives, and what the frame gives it. Drivers import these from `kandelia.sdk.drivers`.

A driver is an object with the attributes of Driver, named in the entry-point group DRIVERS_GROUP. The frame
(kernel/connections/plane) owns everything that is alike for all protocols: when to connect, back-off, batching,
time limits, counters, gap marks at loss, the bus. The driver only speaks the protocol and raises when it cannot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from kandelia.base.samples import Kind

DRIVERS_GROUP = "kandelia.drivers"
Value = float | int | bool | str


@dataclass(frozen=True, slots=True)
class Item:
    """One signal to collect: `number` is what the samples carry, `address` is the protocol's own word for it."""

    number: int
    address: str
    kind: Kind
    period_ms: int


@dataclass(frozen=True, slots=True)
class Node:
    """Something found by browsing; `kind` is None for a folder or a type that has no signal kind."""

    address: str
    name: str
    has_children: bool
    kind: Kind | None = None
    unit: str = ""
    writable: bool = False
    details: Mapping[str, str] = field(default_factory=dict)


class Sink(Protocol):
    """Where a session puts what it receives. Cheap, never blocks; to be called from the event loop."""

    def add(
        self,
        numbers: Sequence[int] | np.ndarray,
        times_ns: Sequence[int] | np.ndarray,
        qualities: Sequence[int] | np.ndarray,
        values: Sequence[float | int | bool | str | None],
        lost_before: Sequence[int] = (),
    ) -> None:
        """Samples as columns of equal length; a value None, NaN or of the wrong kind becomes a missing one, bad.

        `lost_before` are rows (0 the first) before which the source threw samples of that row's signal away: each is
        counted, and a bad row (BadDataLost) stands in its signal's history where the hole begins.
        """
        ...

    def alive(self) -> None:
        """The source has just proved that it lives, with or without a new value."""
        ...

    def dropped(self, count: int) -> None:
        """The source threw at least this many samples away, and does not say of which signals."""
        ...

    def fault(self, what: str) -> None:
        """Something came that is no sample: counted, and shown with this text; what else comes goes on."""
        ...


class Session(Protocol):
    """A live link to one device or server."""

    async def collect(self, items: Sequence[Item], sink: Sink) -> Mapping[int, str]:
        """Begin to deliver these items to `sink`; returns number → reason for those that cannot be had.

        May be called again with another list: the session then changes over without losing what stays.
        """
        ...

    async def wait_lost(self) -> str:
        """Returns the reason, in a person's words, once the link is gone."""
        ...

    async def browse(self, address: str) -> Sequence[Node]:
        """Children of a node, the root for ""."""
        ...

    async def close(self) -> None:
        """Leave politely, within 3 s."""
        ...


@runtime_checkable
class Writes(Protocol):
    """A session that can also write to its device."""

    async def write(self, address: str, value: Value) -> Value | None:
        """Write once, never again by itself, and give what was read back (None: it holds no value).

        InvalidInput: the address or the value cannot be written, nothing was sent. NotAllowed, NotFound: the device
        refused, nothing has changed. Unavailable: it is not known whether the device took it; read before trying
        again.
        """
        ...


class Driver(Protocol):
    """One protocol."""

    name: str  # as in a connection's `driver`
    protocol: str  # for people: "OPC UA"

    def configure(self, settings: Mapping[str, Any]) -> Any:
        """The driver's own frozen configuration; InvalidInput names the key that is wrong."""
        ...

    async def open(self, configuration: Any, secrets: Mapping[str, str]) -> Session:
        """Connect. Unavailable: try again later; InvalidInput or NotAllowed: wait for another configuration."""
        ...


@runtime_checkable
class KeepsFiles(Protocol):
    """A driver that keeps files of its own: certificates, a cache."""

    def keep_in(self, directory: Path) -> None:
        """Called once, before anything else: the driver's own directory (it may not exist yet)."""
        ...


@runtime_checkable
class ReadsMaps(Protocol):
    """A driver whose addresses can be put together from a manual's list."""

    def check_address(self, address: str) -> None:
        """InvalidInput says what is wrong in an address and how it is written."""
        ...

    def address_of(self, row: Mapping[str, str]) -> str:
        """The address that a row (column → cell) of such a list describes; InvalidInput names the column."""
        ...


@dataclass(frozen=True, slots=True)
class Found:
    """Something that answers at a host: `settings` are those of a connection to it."""

    name: str
    settings: Mapping[str, Any]
    details: str = ""


@runtime_checkable
class Discovers(Protocol):
    """A driver that can find what it may connect to."""

    async def discover(self, host: str) -> Sequence[Found]:
        """What answers at a host (or host:port), within 10 s. Unavailable when nothing does."""
        ...
