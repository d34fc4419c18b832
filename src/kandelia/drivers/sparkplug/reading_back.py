"""Waits for what a node tells of a metric after it was commanded."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from kandelia.drivers.sparkplug.datatypes import kind_of, read_value
from kandelia.drivers.sparkplug.names import MetricName, Source
from kandelia.drivers.sparkplug.nodes import Nodes
from kandelia.sdk.drivers import Kind, Unavailable, Value

READ_BACK_S = 5.0
FLOAT_TOLERANCE = 1e-6  # relative: a Float holds 24 bits


@dataclass(eq=False)
class _Waiting:
    name: MetricName
    datatype: int
    wanted: Value
    told: list[Any] = field(default_factory=list)
    reached: asyncio.Event = field(default_factory=asyncio.Event)


class ReadingBack:
    """Commands under way."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []

    def heard(self, source: Source, payload: Any, nodes: Nodes) -> None:
        """A message, perhaps with a metric that somebody waits for."""
        if not self._waiting or source.type not in ("NDATA", "DDATA", "NBIRTH", "DBIRTH"):
            return
        node = nodes.nodes.get(source.id)
        for told in payload.metrics:
            known = node.aliases.get(told.alias) if node is not None and not told.name else None
            place = known.place if known else (source.device, told.name)
            for waiting in self._waiting:
                if waiting.name.id == source.id and (waiting.name.device, waiting.name.metric) == place:
                    _note(waiting, told)

    async def write(
        self, name: MetricName, datatype: int, value: Value, send: Callable[[], Awaitable[None]]
    ) -> Value | None:
        """Send once; the last value told within READ_BACK_S, at once where it is the one that was sent."""
        waiting = _Waiting(name, datatype, value)
        self._waiting.append(waiting)
        try:
            await send()
            await asyncio.wait_for(waiting.reached.wait(), READ_BACK_S)
        except TimeoutError:
            if not waiting.told:
                raise Unavailable(
                    f"the command was sent, but the node has told no value within {READ_BACK_S:g} s",
                    where=str(name)[:80],
                    mend="see whether the node takes commands; read the signal before writing again",
                    code="no-read-back",
                ) from None
        finally:
            self._waiting.remove(waiting)
        told: Value | None = value if waiting.reached.is_set() else waiting.told[-1]
        return told


def _note(waiting: _Waiting, told: Any) -> None:
    datatype = told.datatype or waiting.datatype
    value = read_value(told, datatype, kind_of(datatype) or Kind.TEXT)
    waiting.told.append(value)
    if _same(value, waiting.wanted):
        waiting.reached.set()


def _same(value: Any, wanted: Value) -> bool:
    if isinstance(value, float) and isinstance(wanted, int | float):
        return abs(value - wanted) <= FLOAT_TOLERANCE * abs(wanted)
    return bool(value == wanted)
