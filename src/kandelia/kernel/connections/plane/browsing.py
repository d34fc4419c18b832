"""Answers `edge.browse`: what stands under a node of one connection's source."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import msgspec

from kandelia.base.errors import KandeliaError, Unavailable
from kandelia.kernel.connections.contracts import connection_key
from kandelia.kernel.connections.drivers import Node
from kandelia.kernel.connections.logic.standing import sayable
from kandelia.kernel.connections.plane.deadlines import within
from kandelia.kernel.connections.plane.supervision import CLOSE_S, Supervised
from kandelia.ports.bus import Bus, Message

ANSWER_HEADER = "K-Answer"
BROWSE_S = 10.0
BROWSE_NODES_MAX = 2_000
ANSWER_BYTES_MAX = 900_000  # a NATS server's own default takes 1 MB
log = logging.getLogger("kandelia.edge")


@dataclass(frozen=True, slots=True)
class BrowseQuestion:
    """What is asked on EDGE_BROWSE."""

    organisation: str
    connection: str
    address: str = ""


@dataclass(frozen=True)
class Browsing:
    """Only the edge that serves the connection answers; the others stay silent."""

    bus: Bus
    find: Callable[[str], Supervised | None]

    async def answer(self, message: Message) -> None:
        """Reply with the nodes, or with a Refusal in a person's words."""
        try:
            question = msgspec.json.decode(message.data, type=BrowseQuestion)
        except msgspec.MsgspecError as error:
            await self._refuse(message, KandeliaError(f"not a browse question: {error}", code="invalid-question"))
            return
        supervised = self.find(connection_key(question.organisation, question.connection))
        if supervised is None:
            return
        try:
            nodes = await browse(supervised, question.address)
        except KandeliaError as error:
            await self._refuse(message, error)
        except Exception as error:
            log.exception("%s: browsing failed", question.connection)
            await self._refuse(message, Unavailable(f"the driver failed: {error}", mend="see the log of the edge role"))
        else:
            data = encoded(nodes)
            await self.bus.publish(message.reply, data, {ANSWER_HEADER: "whole"})

    async def _refuse(self, message: Message, error: KandeliaError) -> None:
        await self.bus.publish(message.reply, refusal(error), {ANSWER_HEADER: "refusal"})


def refusal(error: KandeliaError) -> bytes:
    """A Refusal: the error as JSON that `asking.refused` turns into one again."""
    words = {
        "kind": type(error).__name__,
        "what": sayable(error.what),
        "where": sayable(error.where),
        "mend": sayable(error.mend),
        "code": error.code,
    }
    return msgspec.json.encode(words)


async def browse(supervised: Supervised, address: str) -> Sequence[Node]:
    """Through the live session, else through one opened for this question alone."""
    if supervised.session is not None:
        return await within(BROWSE_S, "browsing", supervised.session.browse(address))
    session = await supervised.open_session(supervised.document)
    try:
        return await within(BROWSE_S, "browsing", session.browse(address))
    finally:
        await within(CLOSE_S, "closing the connection", session.close())


def bounded(nodes: Sequence[Node], nodes_max: int = BROWSE_NODES_MAX) -> list[Node]:
    """At most `nodes_max`; then a last node without address says in `details` how many were left out."""
    nodes_max = min(nodes_max, BROWSE_NODES_MAX)
    if len(nodes) <= nodes_max:
        return list(nodes)
    left_out = len(nodes) - nodes_max
    return [*nodes[:nodes_max], Node("", "…", has_children=False, details={"left_out": str(left_out)})]


def encoded(nodes: Sequence[Node]) -> bytes:
    """The answer's JSON: `bounded` nodes, fewer where their names are so long that the bus would not take them."""
    nodes = [_sayable(node) for node in nodes]
    shown = len(nodes)
    while len(data := msgspec.json.encode(bounded(nodes, shown))) > ANSWER_BYTES_MAX:
        shown //= 2
    return data


def _sayable(node: Node) -> Node:
    details = {sayable(name): sayable(value) for name, value in node.details.items()}
    address, name, unit = sayable(node.address), sayable(node.name), sayable(node.unit)
    return replace(node, address=address, name=name, unit=unit, details=details)
