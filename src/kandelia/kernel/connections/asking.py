"""What edges are asked over the bus: the address space of a device, and how connections stand."""

import asyncio
import contextlib
from typing import TypeVar

import msgspec

from kandelia.base import errors
from kandelia.base.errors import KandeliaError, Unavailable
from kandelia.kernel.connections.contracts import (
    EDGE_BROWSE,
    EDGE_FIND,
    EDGE_TRY,
    STATE_PERIOD_S,
    Attempt,
    ConnectionState,
    Search,
    Tried,
    state_subject,
)
from kandelia.kernel.connections.drivers import Found, Node
from kandelia.kernel.events import bridge
from kandelia.ports.bus import Bus, Message

BROWSE_TIMEOUT_S = 15.0
TRY_TIMEOUT_S = 40.0  # opening, looking and reading, each with its own bound
T = TypeVar("T")
LISTEN_S = STATE_PERIOD_S * 1.3  # every connection says its state within one period


def browse(organisation: str, connection: str, address: str) -> tuple[Node, ...]:
    """Children of a node; the errors of the edge, or Unavailable when no edge answers."""
    question = msgspec.json.encode({"organisation": organisation, "connection": connection, "address": address})

    async def ask(bus: Bus) -> Message:
        return await bus.request(EDGE_BROWSE, question, timeout_s=BROWSE_TIMEOUT_S)

    answer = bridge.bus_call(ask, BROWSE_TIMEOUT_S + 2)
    if answer.headers.get("K-Answer") == "refusal":
        raise refused(answer.data)
    return tuple(msgspec.json.decode(answer.data, type=list[Node]))


def attempt(wanted: Attempt) -> Tried:
    """What came of trying settings that are not saved; the errors of the edge, or Unavailable when none answers."""
    return _ask(EDGE_TRY, msgspec.json.encode(wanted), Tried)


def find(wanted: Search) -> list[Found]:
    """What answers at a host; the errors of the edge, or Unavailable when none answers."""
    return _ask(EDGE_FIND, msgspec.json.encode(wanted), list[Found])


def _ask(subject: str, question: bytes, kind: type[T]) -> T:
    async def ask(bus: Bus) -> Message:
        return await bus.request(subject, question, timeout_s=TRY_TIMEOUT_S)

    answer = bridge.bus_call(ask, TRY_TIMEOUT_S + 2)
    if answer.headers.get("K-Answer") == "refusal":
        raise refused(answer.data)
    return msgspec.json.decode(answer.data, type=kind)


def refused(data: bytes) -> KandeliaError:
    """The error in a Refusal (JSON with kind, what, where, mend, code)."""
    words = msgspec.json.decode(data, type=dict[str, str])
    kind = getattr(errors, words.get("kind", ""), Unavailable)
    if not (isinstance(kind, type) and issubclass(kind, KandeliaError)):
        kind = Unavailable
    return kind(words.get("what", ""), words.get("where", ""), words.get("mend", ""), words.get("code", "error"))


def states(organisation: str) -> dict[str, ConnectionState]:
    """Newest state by connection key, heard within LISTEN_S; empty when no edge speaks."""

    async def listen(bus: Bus) -> dict[str, ConnectionState]:
        heard: dict[str, ConnectionState] = {}
        subscription = await bus.subscribe(state_subject(organisation, "*", "*"))
        try:
            async with asyncio.timeout(LISTEN_S):
                async for message in subscription:
                    with contextlib.suppress(msgspec.MsgspecError):
                        state = msgspec.json.decode(message.data, type=ConnectionState)
                        heard[state.id] = state
        except TimeoutError:
            pass
        finally:
            await subscription.close()
        return heard

    return bridge.bus_call(listen, LISTEN_S + 5)
