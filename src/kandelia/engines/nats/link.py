"""One link to a NATS server that is made anew for as long as it is wanted.

nats-py's own reconnecting is switched off: it gives up after some server errors, replays what was buffered while cut
and can wait for ever on a frozen peer. Here each loss ends every waiting call at once, and a fresh client takes over.
"""

import asyncio
import contextlib
import itertools
import logging
import secrets
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from kandelia.base.errors import InvalidInput, TooMuch, Unavailable
from kandelia.ports.bus import Message

CONNECT_S = 3.0
PING_PERIOD_S = 2.0
PING_ANSWER_S = 4.0  # a frozen server counts as lost after PING_PERIOD_S + PING_ANSWER_S
SEND_S = 5.0
RETRY_S_MIN = 0.05
RETRY_S_MAX = 2.0
CLOSE_S = 2.0
NEVER_S = 1_000_000_000
PENDING_SEND_BYTES = 4_000_000
NO_HEADERS: Mapping[str, str] = {}

Handler = Callable[[Msg], None]
log = logging.getLogger("kandelia.bus")


def _without_login(url: str) -> str:
    """An address as it may be shown: what stands before the @ is a password."""
    scheme, separator, rest = url.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"


@dataclass(frozen=True, slots=True)
class Login:
    """How to get in: user and password, or a credentials file; all empty where the server asks for nothing.

    `authority` is a PEM file of who signed the certificates of tls:// servers; empty: whom the system trusts.
    """

    user: str = ""
    password: str = ""
    credentials: str = ""
    authority: str = ""


@dataclass(slots=True)
class Listener:
    """What is subscribed, whatever client carries it now."""

    subject: str
    group: str
    handle: Handler
    closed: Callable[[], None] = lambda: None


def to_message(raw: Msg) -> Message:
    """A plain message as the port gives it."""
    return Message(raw.subject, raw.data, raw.headers or NO_HEADERS, raw.reply)


def status_of(raw: Msg) -> str:
    """The server's inline status ("404", "503", …), empty for an ordinary message."""
    return (raw.headers or NO_HEADERS).get("Status", "")


@contextlib.contextmanager
def cancellable() -> Iterator[None]:
    """nats-py swallows a cancellation that reaches it while it flushes; here it is raised after all."""
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    try:
        yield
    finally:
        if task is not None and task.cancelling() > before:
            raise asyncio.CancelledError


def cut() -> Unavailable:
    """Said by every method while the link is down."""
    return Unavailable("the message bus cannot be reached", mend="it is tried again by itself", code="bus-cut")


@dataclass
class Link:
    """Keeps a client connected, its listeners subscribed, and calls that wait for answers honest."""

    urls: tuple[str, ...]
    login: Login
    name: str
    listeners: dict[int, Listener] = field(default_factory=dict)
    losses: int = 0
    error: str = ""

    def __post_init__(self) -> None:
        self._client: Client | None = None
        self._numbers = itertools.count(1)
        self._prefix = f"_INBOX.{secrets.token_hex(8)}"
        self._asked: dict[str, asyncio.Future[Msg]] = {}
        self._waiting: set[asyncio.Future[Msg]] = set()
        self._up, self._lost, self._closing = asyncio.Event(), asyncio.Event(), False
        self._keeper: asyncio.Task[None] | None = None
        self._carried: dict[int, object] = {}
        self._flushes: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> bool:
        """True while a client stands and answered its last ping."""
        return self._client is not None and self._up.is_set()

    @property
    def closed(self) -> bool:
        """True once close was called."""
        return self._closing

    def open(self) -> None:
        """Start connecting in the background."""
        self.listeners[next(self._numbers)] = Listener(f"{self._prefix}.r.*", "", self._answered)
        self._keeper = asyncio.create_task(self._keep(), name="bus link")

    async def wait_connected(self, timeout_s: float) -> None:
        """Unavailable when it does not stand in time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._up.wait()
        except TimeoutError:
            raise Unavailable(
                f"no message bus at {', '.join(map(_without_login, self.urls))} ({self.error or 'no answer'})",
                mend="start it, or mend [bus] urls in the settings",
                code="bus-cut",
            ) from None

    async def wait_change(self, timeout_s: float) -> None:
        """Sleep until connected, or the time is over."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._up.wait()

    def inbox(self) -> str:
        """A fresh subject of this link."""
        return f"{self._prefix}.{next(self._numbers)}"

    async def send(self, subject: str, data: bytes, headers: Mapping[str, str] | None = None, reply: str = "") -> None:
        """Hand a message to the server's socket."""
        client = self._standing()
        try:
            with cancellable():
                async with asyncio.timeout(SEND_S):
                    await client.publish(subject, data, reply, dict(headers) if headers else None)
        except nats.errors.MaxPayloadError:
            raise TooMuch(
                f"a message of {len(data):,} bytes is larger than the bus takes ({client.max_payload:,})",
                where=subject,
                mend="cut it into smaller ones",
                code="message-too-large",
            ) from None
        except (nats.errors.BadSubjectError, nats.errors.BadHeaderError) as error:
            raise InvalidInput(f"the bus refuses this subject or header: {error}", where=subject) from None
        except (nats.errors.Error, OSError, TimeoutError):
            raise cut() from None

    async def flush(self, timeout_s: float = PING_ANSWER_S) -> None:
        """Wait until the server has read everything sent so far."""
        client = self._standing()
        task = self._flushing(client)
        await asyncio.wait([task], timeout=timeout_s)
        if not task.done() or task.cancelled() or task.exception() is not None:
            raise cut()

    def _flushing(self, client: Client) -> "asyncio.Task[None]":
        """Never cancelled: a pong that nobody waits for any more ends the client's reading for good."""
        task = asyncio.create_task(client.flush(timeout=NEVER_S))
        self._flushes.add(task)
        task.add_done_callback(self._flushed)
        return task

    def _flushed(self, task: "asyncio.Task[None]") -> None:
        self._flushes.discard(task)
        if not task.cancelled():
            task.exception()

    async def ask(self, subject: str, data: bytes, headers: Mapping[str, str] | None, timeout_s: float) -> Msg:
        """One answer; Unavailable when the link is lost meanwhile or the time is over."""
        token = str(next(self._numbers))
        future = self.expect()
        self._asked[token] = future
        try:
            await self.send(subject, data, headers, f"{self._prefix}.r.{token}")
            async with asyncio.timeout(timeout_s):
                return await future
        except TimeoutError:
            raise Unavailable(
                f"no answer in {timeout_s:g} s", where=subject, mend="try again later", code="no-answer"
            ) from None
        finally:
            self._asked.pop(token, None)
            self._waiting.discard(future)

    def expect(self) -> asyncio.Future[Msg]:
        """A future that fails with Unavailable if the link is lost before it is set."""
        self._standing()
        future: asyncio.Future[Msg] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        return future

    def forget(self, future: "asyncio.Future[Msg]") -> None:
        """No longer wait for it."""
        self._waiting.discard(future)
        future.cancel()

    async def listen(
        self, subject: str, handle: Handler, group: str = "", closed: Callable[[], None] = lambda: None
    ) -> int:
        """Subscribe now and after every reconnect; in force at the server when it returns."""
        client = self._standing()
        number = next(self._numbers)
        self.listeners[number] = Listener(subject, group, handle, closed)
        try:
            await self._carry(client, number)
            await self.flush()
        except BaseException:
            self.listeners.pop(number, None)
            raise
        return number

    async def unlisten(self, number: int) -> None:
        """End a subscription; harmless when done twice."""
        self.listeners.pop(number, None)
        carried = self._carried.pop(number, None)
        if carried is not None and self.connected:
            with contextlib.suppress(nats.errors.Error, OSError, TimeoutError), cancellable():
                async with asyncio.timeout(SEND_S):
                    await carried.unsubscribe()  # type: ignore[attr-defined]

    async def close(self) -> None:
        """Flush and leave; harmless when done twice."""
        if self._closing:
            return
        self._closing = True
        if self.connected:
            with contextlib.suppress(Unavailable):
                await self.flush(CLOSE_S)
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        await self._drop()
        for listener in list(self.listeners.values()):
            listener.closed()
        self.listeners.clear()

    def _standing(self) -> Client:
        if self._client is None or not self._up.is_set():
            raise cut()
        return self._client

    def _answered(self, raw: Msg) -> None:
        future = self._asked.get(raw.subject.rpartition(".")[2])
        if future is not None and not future.done():
            future.set_result(raw)

    async def _keep(self) -> None:
        delay_s = RETRY_S_MIN
        while True:
            if await self._connect():
                delay_s = RETRY_S_MIN
                await self._watch()
                self.losses += 1
                log.warning("the link to the bus is lost (%s)", self.error or "no reason given")
                await self._drop()
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, RETRY_S_MAX)

    async def _connect(self) -> bool:
        client = Client()
        self._lost.clear()
        try:
            with cancellable():
                async with asyncio.timeout(CONNECT_S + 1):
                    await self._dial(client)
                    self._client = client
                    for number in list(self.listeners):
                        await self._carry(client, number)
                    await client.flush()
        except Exception as error:
            self.error = str(error) or type(error).__name__
            self._client = client
            await self._drop()
            return False
        except BaseException:
            self._client = client
            raise
        self._up.set()
        return True

    async def _dial(self, client: Client) -> None:
        await client.connect(
            servers=list(self.urls),
            name=self.name,
            user=self.login.user or None,
            password=self.login.password or None,
            user_credentials=self.login.credentials or None,
            tls=self._trust(),
            error_cb=self._on_error,
            closed_cb=self._on_closed,
            allow_reconnect=False,
            max_reconnect_attempts=1,  # 0 would mean for ever
            reconnect_time_wait=0,
            connect_timeout=int(CONNECT_S),
            ping_interval=NEVER_S,
            flush_timeout=SEND_S,
            pending_size=PENDING_SEND_BYTES,
        )

    def _trust(self) -> ssl.SSLContext | None:
        return ssl.create_default_context(cafile=self.login.authority) if self.login.authority else None

    async def _carry(self, client: Client, number: int) -> None:
        listener = self.listeners.get(number)
        if listener is None:
            return

        async def hand_over(raw: Msg) -> None:
            listener.handle(raw)

        try:
            with cancellable():
                self._carried[number] = await client.subscribe(
                    listener.subject, listener.group, cb=hand_over, pending_msgs_limit=0, pending_bytes_limit=0
                )
        except nats.errors.BadSubjectError:
            raise InvalidInput("this is not a subject", where=listener.subject, mend="use words and dots") from None
        except (nats.errors.Error, OSError):
            raise cut() from None

    async def _watch(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PING_PERIOD_S):
                    await self._lost.wait()
                    return
            try:
                await self.flush()
            except Unavailable:
                self.error = self.error or "the server does not answer"
                return

    async def _drop(self) -> None:
        self._up.clear()
        client, self._client = self._client, None
        self._carried.clear()
        for future in list(self._waiting):
            if not future.done():
                future.set_exception(cut())
                future.exception()  # nobody may be waiting any more
        self._waiting.clear()
        if client is not None:
            with contextlib.suppress(Exception), cancellable():
                async with asyncio.timeout(CLOSE_S):
                    await client.close()
        for task in list(self._flushes):  # their client reads no more
            task.cancel()

    async def _on_error(self, error: Exception) -> None:
        self.error = str(error) or type(error).__name__

    async def _on_closed(self) -> None:
        self._lost.set()
