"""Live values as an async iterator: the newest of each, then changes; after a cut the gap from history."""

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from kandelia_client.errors import Unavailable

if TYPE_CHECKING:
    from kandelia_client.client import Client, Value

RETRY_S_FIRST, RETRY_S_MAX = 0.5, 30.0
SILENCE_S = 30.0  # a ping each PING_S is answered; longer silence is a cut
PING_S = 10.0
GAP_ROWS_MAX = 200_000


@dataclass(frozen=True, slots=True)
class Change:
    """A sample: time in ms since 1970; `filled` where it was read from history after a cut."""

    id: str
    number: int
    time: int
    value: "Value"
    quality: int
    filled: bool = False


async def changes(client: "Client", wanted: dict[int, str], *, backfill: bool) -> AsyncIterator[Change]:
    """Until the iterator is closed. Refusals of the token end it (ApiError); anything else is tried again."""
    newest: dict[int, int] = {}
    delay_s, before = RETRY_S_FIRST, False
    while True:
        try:
            async with await _open(client) as socket:
                await socket.send(json.dumps({"subscribe": list(wanted)}))
                async for told in _messages(socket):
                    rows = told.get("snapshot") or told.get("values") or []
                    if before and backfill and "snapshot" in told:
                        for change in await asyncio.to_thread(lambda: list(_gap(client, wanted, dict(newest)))):
                            newest[change.number] = max(newest.get(change.number, 0), change.time)
                            yield change
                    before, delay_s = before or "snapshot" in told, RETRY_S_FIRST
                    for number, at, value, quality in rows:
                        if number in wanted and at > newest.get(number, -1):
                            newest[number] = at
                            yield Change(wanted[number], number, at, value, quality)
        except (OSError, TimeoutError, WebSocketException, Unavailable):
            await asyncio.sleep(delay_s)
            delay_s = min(delay_s * 2, RETRY_S_MAX)


async def _open(client: "Client") -> ClientConnection:
    ticket = await asyncio.to_thread(client.ticket)
    secure = client.url.startswith("https")
    address = f"{client.url.replace('http', 'ws', 1)}/live?ticket={ticket}"
    return await connect(address, ssl=_context(client) if secure else None, max_size=None, ping_interval=None)


def _context(client: "Client") -> ssl.SSLContext:
    if isinstance(client.verify, ssl.SSLContext):
        return client.verify
    made = ssl.create_default_context()
    if not client.verify:
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


async def _messages(socket: ClientConnection) -> AsyncIterator[dict[str, Any]]:
    """What the socket says; TimeoutError where it says nothing although asked."""
    heard_s = asked_s = time.monotonic()
    while True:
        try:
            told: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), PING_S))
            heard_s = time.monotonic()
            yield told
        except TimeoutError:
            if time.monotonic() - heard_s > SILENCE_S:
                raise
        if time.monotonic() - asked_s > PING_S:
            asked_s = time.monotonic()
            await socket.send('{"ping":1}')


def _gap(client: "Client", wanted: dict[int, str], newest: dict[int, int]) -> Iterator[Change]:
    """Samples later than the newest known of each signal, oldest first."""
    now_ms = int(time.time() * 1_000) + 1
    for number, known in newest.items():
        parameters = {"start": known + 1, "end": now_ms, "limit": GAP_ROWS_MAX}
        if known + 1 >= now_ms:
            continue
        told = client.ask("GET", f"/signals/{number}/raw", params=parameters).json()
        for at, value, quality in zip(told["t"], told["value"], told["quality"], strict=True):
            yield Change(wanted[number], number, int(at), value, quality, filled=True)
