"""Writing: a value sent to a command topic, and what the device then tells of itself."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from kandelia.drivers.mqtt.payloads import BadPayload, Plan, Wanted, read_message
from kandelia.drivers.mqtt.pointers import Pick, Pointer, fill
from kandelia.drivers.mqtt.rules import JSON, Place, fill_topic
from kandelia.sdk.drivers import InvalidInput, Kind, Unavailable, Value
from kandelia.sdk.mqtt import Link, Publish, check_name

READ_BACK_S = 5.0  # how long the device may take to tell its new value


@dataclass(eq=False)
class _Waiting:
    """Who waits for a value of one place."""

    plan: Plan
    wanted: Value
    told: list[Any] = field(default_factory=list)
    reached: asyncio.Event = field(default_factory=asyncio.Event)


class Writing:
    """Sends each value once; what is read back is what the signal's own topic tells next."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._waiting: dict[str, list[_Waiting]] = {}

    def heard(self, message: Publish) -> None:
        """A message, perhaps one that somebody waits for."""
        if message.retain:
            return
        for waiting in self._waiting.get(message.topic, ()):
            try:
                rows = read_message(waiting.plan, message.payload, time.time_ns())
            except BadPayload:
                continue
            waiting.told += rows.values
            if waiting.wanted in rows.values:
                waiting.reached.set()

    async def write(self, place: Place, value: Value, *, subscribed: bool) -> Value | None:
        """See `Writes.write`; the last value told within READ_BACK_S, at once where it is the one that was sent."""
        topic, payload = _command(place, value)
        waiting = _Waiting(Plan(place.rule, [Wanted(0, _kind(value), place.pointer)]), value)
        self._waiting.setdefault(place.topic, []).append(waiting)
        try:
            if not subscribed:
                await self._link.subscribe([(place.topic, 1)])
            await self._link.publish(topic, payload, qos=1)
            try:
                await asyncio.wait_for(waiting.reached.wait(), READ_BACK_S)
            except TimeoutError:
                if not waiting.told:
                    raise _untold(topic) from None
        finally:
            self._waiting[place.topic].remove(waiting)
            if not subscribed:
                await self._link.unsubscribe([place.topic])
        told: Value | None = value if waiting.reached.is_set() else waiting.told[-1]
        return told


def _untold(topic: str) -> Unavailable:
    return Unavailable(
        f"the broker has the value, but the device has told none within {READ_BACK_S:g} s",
        where=topic[:80],
        mend="see whether the device runs; read the signal before writing again",
        code="no-read-back",
    )


def _command(place: Place, value: Value) -> tuple[str, bytes]:
    """Topic and payload; InvalidInput where the rule does not say how to write."""
    rule = place.rule
    if not rule.write_topic:
        mend = "give the rule of its topic a write_topic"
        raise InvalidInput("this signal cannot be written", where=place.topic[:80], mend=mend, code="not-writable")
    if rule.write_type not in ("any", _type(value)):
        mend = f"its rule takes a {rule.write_type}"
        raise InvalidInput(f"{value!r:.60} does not fit", where=place.topic[:80], mend=mend, code="value")
    topic = fill_topic(rule.write_topic, place.parts)
    try:
        check_name(topic)
    except ValueError as error:
        raise InvalidInput(str(error), where="write_topic", mend="see the rule", code="invalid-address") from None
    if rule.write_value is not None:
        return topic, orjson.dumps(_document(fill(rule.write_value, place.parts), value))
    if rule.format == JSON:
        return topic, orjson.dumps(value)
    return topic, _plain(value).encode()


def _type(value: Value) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "text" if isinstance(value, str) else "number"


def _plain(value: Value) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _document(pointer: Pointer, value: Value) -> Any:
    made: Any = value
    for token in reversed(pointer):
        made = [{token.key: token.value, **made}] if isinstance(token, Pick) else {token: made}
    return made


def _kind(value: Value) -> Kind:
    kinds: Mapping[type, Kind] = {bool: Kind.BOOLEAN, int: Kind.INTEGER, float: Kind.FLOAT}
    return kinds.get(type(value), Kind.TEXT)
