"""One TCP connection to a device or gateway: requests of several units under way at once, each with its deadline."""

import asyncio
import contextlib
import socket
import time
from collections import defaultdict
from typing import cast

from kandelia.drivers.modbus.config import ModbusConfig
from kandelia.drivers.modbus.frames import Cutter, Damaged, framed
from kandelia.sdk.drivers import Unavailable

TRANSACTIONS = 65_536


class Silent(Exception):
    """A unit does not answer in time; others behind the same connection may."""


class Gone(Exception):
    """The connection is lost, with the reason in a person's words."""


class Link(asyncio.Protocol):
    """Guarantees: one request of a unit at a time, `in_flight` at most in all; an answer that comes too late, or
    names another unit, is never taken for another request's. Once a request stays without answer and nothing else
    was heard since, a read that worked before is sent again; if that stays without answer too, the link is lost:
    so a device that is killed, frozen or unreachable is seen within 2 × `timeout_s` of the next request.
    """

    def __init__(self, config: ModbusConfig) -> None:
        self.config = config
        self.heard_s = time.monotonic()
        self.late = 0  # answers that came after their deadline
        self._loop = asyncio.get_running_loop()
        self._lost: asyncio.Future[str] = self._loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._cutter = Cutter()
        self._waiting: dict[int, tuple[int, asyncio.Future[bytes]]] = {}
        self._transaction = 0
        self._slots = asyncio.Semaphore(config.in_flight)
        self._units: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._proving = asyncio.Lock()
        self._proof: tuple[int, bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.Protocol."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """See asyncio.Protocol."""
        self.heard_s = time.monotonic()
        try:
            answers = self._cutter.feed(data)
        except Damaged as error:
            self.lose(str(error))
            return
        for transaction, unit, pdu in answers:
            asked = self._waiting.pop(transaction, None)
            if asked is None or asked[1].done():
                self.late += 1
            elif asked[0] != unit:
                asked[1].set_exception(Damaged(f"unit {unit} answers for unit {asked[0]}"))
            else:
                asked[1].set_result(pdu)

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.Protocol."""
        self.lose("the device or the network cut the connection" if exc else "the device closed the connection")

    @property
    def lost(self) -> bool:
        """True once nothing can be asked any more."""
        return self._lost.done()

    async def wait_lost(self) -> str:
        """The reason, once it is lost."""
        return await asyncio.shield(self._lost)

    def lose(self, reason: str) -> None:
        """End it; every request under way is told. Harmless when done twice."""
        if self._lost.done():
            return
        self._lost.set_result(reason)
        if self._transport is not None:
            self._transport.abort()
        for _, future in self._waiting.values():
            if not future.done():
                future.set_exception(Gone(reason))

    async def ask(self, unit: int, request: bytes, *, repeatable: bool = True, judge: bool = True) -> bytes:
        """The answer's PDU. Silent, Damaged or Gone.

        `repeatable` requests may be sent again as a proof of life; without `judge` silence says nothing about the
        link: one asks whether somebody is there at all.
        """
        async with self._units[unit], self._slots:
            asked_s = time.monotonic()
            try:
                answer = await self._exchange(unit, request)
            except Silent:
                proof = self._proof or ((unit, request) if repeatable else None)
                if judge and proof is not None and not await self._lives(proof, asked_s):
                    self.lose("the device no longer answers")
                    raise Gone("the device no longer answers") from None
                raise
            if repeatable:
                self._proof = (unit, request)
            if self.config.pause_ms:
                await asyncio.sleep(self.config.pause_ms / 1_000)
            return answer

    async def prove(self) -> bool:
        """If nothing was heard for `alive_s`, ask for something that worked before; True when that was answered."""
        asked_s = time.monotonic()
        if self._proof is None or asked_s - self.heard_s < self.config.alive_s:
            return False
        if await self._lives(self._proof, asked_s):
            return True
        self.lose("the device no longer answers")
        return False

    async def _lives(self, proof: tuple[int, bytes], asked_s: float) -> bool:
        async with self._proving:
            if self.heard_s >= asked_s:
                return True
            with contextlib.suppress(Silent, Damaged):
                await self._exchange(*proof)
            return self.heard_s >= asked_s

    async def _exchange(self, unit: int, request: bytes) -> bytes:
        if self._transport is None or self._lost.done():
            raise Gone(self._lost.result() if self._lost.done() else "not connected")
        self._transaction = transaction = (self._transaction + 1) % TRANSACTIONS
        future: asyncio.Future[bytes] = self._loop.create_future()
        self._waiting[transaction] = (unit, future)
        deadline = self._loop.call_later(self.config.timeout_s, _expire, future)
        try:
            self._transport.write(framed(transaction, unit, request))
            return await future
        finally:
            deadline.cancel()
            self._waiting.pop(transaction, None)


def _expire(future: "asyncio.Future[bytes]") -> None:
    if not future.done():
        future.set_exception(Silent())


async def open_link(config: ModbusConfig) -> Link:
    """Connect. Unavailable in a person's words."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(config.connect_s):
            _, link = await loop.create_connection(lambda: Link(config), config.host, config.port)
    except socket.gaierror:
        raise _away(config, f'the host "{config.host}" is not known', "check settings.host") from None
    except ConnectionRefusedError:
        mend = "check that the device is on and speaks Modbus TCP on this port"
        raise _away(config, "nothing listens there", mend) from None
    except TimeoutError:
        raise _away(
            config, f"no connection within {config.connect_s:g} s", "check the network and the device"
        ) from None
    except OSError as error:
        raise _away(config, f"{error.strerror or error}", "check the network and the device") from None
    return link


def _away(config: ModbusConfig, what: str, mend: str) -> Unavailable:
    return Unavailable(what, where=config.where, mend=mend, code="no-connection")
