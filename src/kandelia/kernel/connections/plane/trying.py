"""Tries what nobody has saved yet: opens a session by given settings, looks around, reads a few values, leaves."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec
import numpy as np

from kandelia.base.errors import InvalidInput, KandeliaError, Unavailable
from kandelia.base.samples import Kind
from kandelia.kernel.connections.contracts import Attempt, Reading, Search, Tried
from kandelia.kernel.connections.drivers import Discovers, Driver, Found, Item, Session
from kandelia.kernel.connections.logic.standing import sayable
from kandelia.kernel.connections.plane.browsing import ANSWER_HEADER, bounded, encoded, refusal
from kandelia.kernel.connections.plane.deadlines import within
from kandelia.kernel.connections.plane.discovery import Drivers
from kandelia.kernel.connections.plane.supervision import CLOSE_S, OPEN_S, SecretsOf
from kandelia.ports.bus import Bus, Message
from kandelia.ports.secrets import Secrets

READ_S = 5.0  # for first values
READ_MAX = 200  # addresses at once
BROWSE_S = 10.0
FIND_S = 12.0
T = TypeVar("T")
log = logging.getLogger("kandelia.edge")


@dataclass
class _Newest:
    """A sink that keeps the newest value of each number."""

    wanted: set[int]
    rows: dict[int, tuple[Any, int]] = field(default_factory=dict)
    complete: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, numbers: Any, times_ns: Any, qualities: Any, values: Sequence[Any], lost_before: Any = ()) -> None:
        """Keep each number's newest."""
        for number, quality, value in zip(numbers, qualities, values, strict=True):
            self.rows[int(number)] = (value.item() if isinstance(value, np.generic) else value, int(quality))
        if self.wanted <= set(self.rows):
            self.complete.set()

    def alive(self) -> None:
        """Nothing waits for it here."""

    def dropped(self, count: int) -> None:
        """Nothing is stored of what is tried."""

    def fault(self, what: str) -> None:
        """What is no sample shows by being absent."""


@dataclass(frozen=True)
class _Typed(Mapping[str, str]):
    """The secrets that came with the attempt, then those that are kept."""

    typed: Mapping[str, str]
    kept: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.typed[name] if name in self.typed else self.kept[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.typed)

    def __len__(self) -> int:
        return len(self.typed)


@dataclass(frozen=True)
class Trying:
    """Only an edge that serves the site answers (an edge of all sites serves each); nothing of it is kept."""

    bus: Bus
    drivers: Drivers
    secrets: Secrets
    site: str

    async def attempt(self, message: Message) -> None:
        """Answer EDGE_TRY with what came of it, or with a Refusal in a person's words."""
        await self._answer(message, Attempt, self._try)

    async def find(self, message: Message) -> None:
        """Answer EDGE_FIND with what answers at a host."""
        await self._answer(message, Search, self._find)

    async def _answer(self, message: Message, kind: type[T], act: Callable[[T], Awaitable[bytes]]) -> None:
        try:
            question = msgspec.json.decode(message.data, type=kind)
            if self.site not in ("", question.site):  # type: ignore[attr-defined]
                return
            data = await act(question)
        except msgspec.MsgspecError as error:
            await self._refuse(message, InvalidInput(f"not understood: {error}", code="invalid-question"))
        except KandeliaError as error:
            await self._refuse(message, error)
        except Exception as error:
            log.exception("trying a connection failed")
            await self._refuse(message, Unavailable(f"the driver failed: {error}", mend="see the log of the edge role"))
        else:
            await self.bus.publish(message.reply, data, {ANSWER_HEADER: "whole"})

    async def _refuse(self, message: Message, error: KandeliaError) -> None:
        await self.bus.publish(message.reply, refusal(error), {ANSWER_HEADER: "refusal"})

    async def _try(self, attempt: Attempt) -> bytes:
        driver = self.drivers.get(attempt.driver)
        secrets = _Typed(attempt.secrets, SecretsOf(self.secrets, attempt.organisation))
        began_s = time.monotonic()
        session = await within(
            OPEN_S, "opening the connection", driver.open(driver.configure(attempt.settings), secrets)
        )
        opened_ms = round((time.monotonic() - began_s) * 1_000, 1)
        try:
            nodes = () if attempt.browse is None else await self._browse(session, attempt.browse)
            readings = await _read(session, attempt.read) if attempt.read else {}
        finally:
            await within(CLOSE_S, "closing the connection", session.close())
        return msgspec.json.encode(Tried(opened_ms, tuple(nodes), readings))

    @staticmethod
    async def _browse(session: Session, address: str) -> Any:
        nodes = await within(BROWSE_S, "browsing", session.browse(address))
        return msgspec.json.decode(encoded(bounded(nodes)))

    async def _find(self, search: Search) -> bytes:
        driver: Driver = self.drivers.get(search.driver)
        if not isinstance(driver, Discovers):
            what = f"{driver.protocol} has nothing that could be found"
            raise InvalidInput(what, mend="fill in the settings by hand", code="no-discovery")
        found: Sequence[Found] = await within(FIND_S, "looking around", driver.discover(search.host))
        return msgspec.json.encode(list(found))


async def _read(session: Session, wanted: Mapping[str, int]) -> dict[str, Reading]:
    """First values, or why there is none, within READ_S."""
    if len(wanted) > READ_MAX:
        raise InvalidInput(f"{len(wanted)} addresses at once", mend=f"choose {READ_MAX} at most", code="too-many")
    items = [Item(n, address, Kind(kind), 1_000) for n, (address, kind) in enumerate(wanted.items(), 1)]
    sink = _Newest({item.number for item in items})
    refused = await within(OPEN_S, "asking for the values", session.collect(items, sink))
    sink.wanted -= set(refused)
    if sink.wanted - set(sink.rows):
        try:
            async with asyncio.timeout(READ_S):
                await sink.complete.wait()
        except TimeoutError:
            pass
    return {item.address: _reading(sink.rows.get(item.number), refused.get(item.number, "")) for item in items}


def _reading(row: tuple[Any, int] | None, why: str) -> Reading:
    if why or row is None:
        return Reading(why=sayable(why or "no value yet"))
    value = sayable(row[0]) if isinstance(row[0], str) else row[0]
    if isinstance(value, float) and not np.isfinite(value):
        value = None
    return Reading(value, row[1])
