"""The web role's door: HTTP with deadlines and limits, and `GET /live` spliced raw to the live process."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from ipaddress import ip_address
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kandelia.boot.splice import Splice

HEADER_WAIT_S = 10.0  # a whole request head, from the first byte or the connection
BODY_WAIT_S = 180.0
WRITE_WAIT_S = 120.0  # for the reader to take anything at all
HEAD_BYTES_MAX = 32_768
HEADERS_MAX = 100
BODY_BYTES_MAX = 16_000_000
LINGER_S = 1.0
LINGER_BYTES_MAX = 1_000_000
CONNECTIONS_MAX = 4_000
CONNECTIONS_PER_ADDRESS_MAX = 300  # loopback is free: a front proxy of one's own comes from there
LIVE_STARTS = (b"GET /live ", b"GET /live?")
LIVE_START_LENGTH = len(LIVE_STARTS[0])
log = logging.getLogger("kandelia.web")


class Gate:
    """What all connections of the process share: counts, and the way to the live process."""

    def __init__(self, open_live: Callable[[Splice], Awaitable[object]]) -> None:
        self.open_live = open_live
        self.by_address: Counter[str] = Counter()
        self.open = 0
        self.spliced = 0
        self.refused = 0
        self.timed_out = 0

    def enter(self, address: str) -> bool:
        """Count a connection in; False when it is one too many."""
        self.open += 1
        self.by_address[address] += 1
        crowded = self.by_address[address] > CONNECTIONS_PER_ADDRESS_MAX and not _is_loopback(address)
        return self.open <= CONNECTIONS_MAX and not crowded

    def leave(self, address: str) -> None:
        """Count it out."""
        self.open -= 1
        self.by_address[address] -= 1
        if self.by_address[address] <= 0:
            del self.by_address[address]


class Door(HttpToolsProtocol):
    """One connection. `gate` is set on the class that `door_of` makes."""

    gate: ClassVar[Gate]

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Counts the connection; a first request head must follow soon."""
        super().connection_made(transport)
        self._start = b""
        self._decided = False
        self._refused = False
        self._heading = True
        self._head_bytes = 0
        self._body_bytes = 0
        self._discarded = 0  # after a refusal
        self._splice: Splice | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._write_deadline: asyncio.TimerHandle | None = None
        self._address = self.client[0] if self.client else ""
        if not self.gate.enter(self._address):
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections")
        else:
            self._arm(HEADER_WAIT_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """Closes the far side as well."""
        self._disarm()
        self._taken()
        self.gate.leave(self._address)
        if self._splice is not None:
            self.gate.spliced -= 1
            self._splice.close()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Looks at the first request line, then is either a pipe or HTTP."""
        if self._splice is not None:
            self._splice.write(data)
        elif self._refused:
            self._discard(len(data))
        elif self._decided:
            self._hear(data)
        else:
            self._start += data
            self._decide()

    def _discard(self, count: int) -> None:
        self._discarded += count
        if self._discarded > LINGER_BYTES_MAX:
            self.transport.close()

    def _decide(self) -> None:
        known = self._start[:LIVE_START_LENGTH]
        if known in LIVE_STARTS:
            self._hand_over()
        elif not any(start.startswith(known) for start in LIVE_STARTS):
            self._decided = True
            start, self._start = self._start, b""
            self._hear(start)

    def _hand_over(self) -> None:
        self._disarm()
        start, self._start = self._start, b""
        self._decided = True
        self.gate.spliced += 1
        self._splice = Splice(self.transport, start, self._live_is_away)
        self._splice.open(self.gate.open_live)

    def _live_is_away(self) -> None:
        self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "the live feed is away; try again shortly", "live-away")

    def _hear(self, data: bytes) -> None:
        super().data_received(data)
        if self._refused or self.transport.is_closing():
            return
        if self._heading:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX:
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the request head is too long")
            elif self._deadline is None:
                self._arm(HEADER_WAIT_S)

    def on_message_begin(self) -> None:
        """A request begins: its head has a deadline."""
        super().on_message_begin()
        self._heading = True
        self._head_bytes = 0
        self._body_bytes = 0
        if self._deadline is None:
            self._arm(HEADER_WAIT_S)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Counts headers."""
        super().on_header(name, value)
        if len(self.headers) > HEADERS_MAX:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the request has too many headers")

    def on_headers_complete(self) -> None:
        """The head is there; a body that says it is too large is not waited for."""
        self._disarm()
        self._heading = False
        if self._refused:
            return
        if any(name == b"content-length" and _number(value) > BODY_BYTES_MAX for name, value in self.headers):
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"send at most {BODY_BYTES_MAX} bytes", "too-large")
            return
        self._arm(BODY_WAIT_S)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Counts what was not announced."""
        self._body_bytes += len(body)
        if self._refused:
            return
        if self._body_bytes > BODY_BYTES_MAX:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"send at most {BODY_BYTES_MAX} bytes", "too-large")
            return
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._disarm()
        self._heading = False
        if not self._refused:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        """The next head begins its deadline with its first byte."""
        super().on_response_complete()
        self._heading = True
        self._head_bytes = 0

    def pause_writing(self) -> None:
        """The reader is slow: the far side waits, for a while."""
        if self._splice is not None:
            self._splice.pause()
        else:
            super().pause_writing()
        self._taken()
        self._write_deadline = self.loop.call_later(WRITE_WAIT_S, self._time_out)

    def resume_writing(self) -> None:
        """The reader has caught up."""
        self._taken()
        if self._splice is not None:
            self._splice.resume()
        else:
            super().resume_writing()

    def shutdown(self) -> None:
        """Live sockets close at once (browsers come back); a request at work may finish."""
        if self._splice is not None or self._refused:
            self.transport.close()
        else:
            super().shutdown()

    def _arm(self, wait_s: float) -> None:
        self._disarm()
        self._deadline = self.loop.call_later(wait_s, self._time_out)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _taken(self) -> None:
        if self._write_deadline is not None:
            self._write_deadline.cancel()
            self._write_deadline = None

    def _time_out(self) -> None:
        self.gate.timed_out += 1
        self._deadline = None
        self.transport.abort()

    def _refuse(self, status: HTTPStatus, why: str, code: str = "refused") -> None:
        if self._refused or self.transport.is_closing():
            return
        self._refused = True
        self.gate.refused += 1
        self.transport.write(plain_answer(status, why, code))
        if status is HTTPStatus.SERVICE_UNAVAILABLE:  # there are too many as it is
            self.transport.close()
        else:
            self._linger()

    def _linger(self) -> None:
        """Close only once the client has had time to read: bytes that nobody takes would reset its connection, and the
        answer with it (RFC 9112, 9.6)."""
        self._disarm()
        if self.cycle is not None:  # an application at work must not write behind the refusal
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._deadline = asyncio.get_running_loop().call_later(LINGER_S, self.transport.close)


def door_of(gate: Gate) -> type[Door]:
    """The protocol class of one server."""
    return type("BoundDoor", (Door,), {"gate": gate})


def plain_answer(status: HTTPStatus, why: str, code: str) -> bytes:
    """A whole HTTP response with a problem document (RFC 9457), after which the connection closes."""
    document: dict[str, Any] = {
        "type": f"urn:kandelia:{code}",
        "title": status.phrase,
        "status": int(status),
        "detail": why,
    }
    body = json.dumps(document).encode()
    head = (
        f"HTTP/1.1 {int(status)} {status.phrase}\r\ncontent-type: application/problem+json\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\ncache-control: no-store\r\n\r\n"
    )
    return head.encode() + body


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return True


def _number(value: bytes) -> int:
    return int(value) if value.isdigit() and len(value) < 20 else 0
