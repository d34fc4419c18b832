"""The websocket door: who may open a socket, and what a socket may do to us."""

import asyncio
import logging
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from weakref import WeakKeyDictionary

from websockets.asyncio.server import Server, ServerConnection, serve, unix_serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from kandelia.base.clock import NS_PER_S, Clock
from kandelia.base.errors import NotAllowed
from kandelia.kernel.access.tickets import TICKET_LIFE_S, Ticket, check
from kandelia.surfaces.live.clients import Client
from kandelia.surfaces.live.hub import POLICY_VIOLATION, Hub

PATH = "/live"
SOCKETS_PER_SUBJECT_MAX = 60  # a person with many tabs, not a flood
MESSAGE_BYTES_MAX = 65_536  # from a client: 5,000 numbers fit
QUEUE_MESSAGES_MAX = 8
PING_PERIOD_S = 20.0
PING_WAIT_S = 20.0
OPEN_WAIT_S = 10.0
CLOSE_WAIT_S = 2.0
LIFE_S_MAX = 3_600.0  # then a page asks for a new ticket: a revocation that was missed lasts no longer
TRY_AGAIN = 1012  # "service restart", RFC 6455 registry: come again
log = logging.getLogger("kandelia.live")


class LiveServer:
    """Opens the door on a Unix socket (mode 0600) or on a loopback port."""

    def __init__(self, hub: Hub, secret: bytes, clock: Clock, sockets_max: int) -> None:
        self.hub = hub
        self.refused = 0
        self._secret = secret
        self._clock = clock
        self._sockets_max = sockets_max
        self._tickets: WeakKeyDictionary[ServerConnection, Ticket] = WeakKeyDictionary()
        self._spent: dict[Ticket, int] = {}
        self._revoked: dict[str, int] = {}

    async def open(self, socket: Path | None, port: int = 0) -> Server:
        """Listen on `socket`, or on loopback `port` where it is None; the caller closes what it gets."""
        options = {
            "process_request": self._admit,
            "max_size": MESSAGE_BYTES_MAX,
            "max_queue": QUEUE_MESSAGES_MAX,
            "compression": None,
            "ping_interval": PING_PERIOD_S,
            "ping_timeout": PING_WAIT_S,
            "open_timeout": OPEN_WAIT_S,
            "close_timeout": CLOSE_WAIT_S,
            "server_header": None,
        }
        if socket is None:
            return await serve(self._talk, "127.0.0.1", port, **options)  # type: ignore[arg-type]
        _clear(socket)
        server = await unix_serve(self._talk, str(socket), **options)
        _own(socket)
        return server

    def _admit(self, connection: ServerConnection, request: Request) -> Response | None:
        address = urlsplit(request.path)
        if address.path != PATH:
            return self._refuse(connection, HTTPStatus.NOT_FOUND, "the live feed is at /live")
        if not same_origin(request):
            return self._refuse(connection, HTTPStatus.FORBIDDEN, "another site may not open the live feed")
        if len(self.hub.clients) >= self._sockets_max:
            return self._refuse(connection, HTTPStatus.SERVICE_UNAVAILABLE, "too many sockets; try again later")
        text = parse_qs(address.query).get("ticket", [""])[0]
        try:
            ticket = check(self._secret, text, self._clock.now_ns())
        except NotAllowed as error:
            return self._refuse(connection, HTTPStatus.FORBIDDEN, str(error))
        if self.hub.of_subject(ticket.subject) >= SOCKETS_PER_SUBJECT_MAX:
            return self._refuse(connection, HTTPStatus.TOO_MANY_REQUESTS, "too many sockets; close some pages")
        names = (ticket.subject, f"organisation:{ticket.organisation}")
        if max(self._revoked.get(name, 0) for name in names) >= ticket.expires_ns - TICKET_LIFE_S * NS_PER_S:
            return self._refuse(connection, HTTPStatus.FORBIDDEN, "this ticket was revoked; reload the page")
        if not self._spend(ticket):
            return self._refuse(connection, HTTPStatus.FORBIDDEN, "this ticket was used; reload the page")
        self._tickets[connection] = ticket
        return None

    def _spend(self, ticket: Ticket) -> bool:
        """A ticket opens one socket: what a log or a proxy has seen of it is worth nothing, however it is spelt."""
        now_ns = self._clock.now_ns()
        self._spent = {spent: until for spent, until in self._spent.items() if until >= now_ns}
        if ticket in self._spent:
            return False
        self._spent[ticket] = ticket.expires_ns
        return True

    def _refuse(self, connection: ServerConnection, status: HTTPStatus, why: str) -> Response:
        self.refused += 1
        return connection.respond(status, why + "\n")

    async def _talk(self, connection: ServerConnection) -> None:
        client = Client(connection, self._tickets.pop(connection))
        self.hub.join(client)
        try:
            async with asyncio.timeout(self._life_s(client.ticket)):
                await self._listen(client)
        except TimeoutError:
            await connection.close(TRY_AGAIN, "ask for a new ticket")
        except ConnectionClosed:
            pass
        finally:
            self.hub.leave(client)

    def _life_s(self, ticket: Ticket) -> float:
        """Until some of the rights end by themselves: then a page asks for a ticket that says what is left."""
        left_s = (ticket.until_ns - self._clock.now_ns()) / NS_PER_S if ticket.until_ns else LIFE_S_MAX
        return max(0.0, min(LIFE_S_MAX, left_s))

    async def _listen(self, client: Client) -> None:
        async for message in client.connection:
            if not client.may_speak(self._clock.monotonic_s()):
                await client.connection.close(POLICY_VIOLATION, "too many messages")
                return
            self.hub.hear(client, message)

    async def revoke(self, subject: str) -> None:
        """Close every socket of a person or token at once, and take no ticket that was given before."""
        now_ns = self._clock.now_ns()
        valid_ns = now_ns - TICKET_LIFE_S * NS_PER_S
        self._revoked = {known: at for known, at in self._revoked.items() if at >= valid_ns} | {subject: now_ns}
        gone = self.hub.revoke(subject)
        await asyncio.gather(*(client.connection.close(POLICY_VIOLATION, "revoked") for client in gone))
        if gone:
            log.info("closed %d sockets of %s: revoked", len(gone), subject)


def _clear(socket: Path) -> None:
    socket.parent.mkdir(parents=True, exist_ok=True)
    socket.unlink(missing_ok=True)


def _own(socket: Path) -> None:
    socket.chmod(0o600)


def same_origin(request: Request) -> bool:
    """True unless a browser says that the page is of another origin (RFC 6455, 10.2)."""
    origins = request.headers.get_all("Origin")
    if not origins:
        return True
    host = request.headers.get("Host", "")
    return len(origins) == 1 and bool(host) and urlsplit(origins[0]).netloc.lower() == host.lower()
