"""From one message to samples. Pure."""

import math
from dataclasses import dataclass, field
from typing import Any

import orjson

from kandelia.base.quality import BAD, UNCERTAIN_LAST_USABLE
from kandelia.drivers.mqtt.moments import read_moment
from kandelia.drivers.mqtt.pointers import NOTHING, Pointer, look
from kandelia.drivers.mqtt.qualities import read_quality
from kandelia.drivers.mqtt.rules import JSON, Rule
from kandelia.sdk.drivers import Kind

ENTRIES_MAX = 10_000  # samples of one signal in one message
SHOWN_CHARACTERS = 60
NUMERIC = (Kind.FLOAT, Kind.INTEGER, Kind.ENUMERATION)
TRUE, FALSE = ("true", "on", "yes", "1"), ("false", "off", "no", "0")


class BadPayload(ValueError):
    """A message that holds no sample, in a person's words."""


@dataclass(slots=True)
class Wanted:
    """One signal that a topic's messages carry."""

    number: int
    kind: Kind
    pointer: Pointer | None


@dataclass(slots=True)
class Plan:
    """What is to be read from the messages of one topic."""

    rule: Rule
    wanted: list[Wanted] = field(default_factory=list)


@dataclass(slots=True)
class Rows:
    """Columns as `Sink.add` takes them."""

    numbers: list[int] = field(default_factory=list)
    times_ns: list[int] = field(default_factory=list)
    qualities: list[int] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)


def read_message(plan: Plan, payload: bytes, received_ns: int, *, retained: bool = False) -> Rows:
    """The samples of a message. A value that is not there is no sample; BadPayload where none is there at all.

    A `retained` message is of unknown age: its values are told as the last usable, at the time of receipt.
    """
    rows = Rows()
    if plan.rule.format != JSON:
        value = _text(payload)
        for one in plan.wanted:
            _add(rows, one, value, received_ns, 0)
        return _aged(rows, received_ns) if retained else rows
    document = _document(payload)
    for entry in _entries(plan.rule, document):
        _read_entry(plan, entry, received_ns, rows)
    if not rows.numbers and plan.wanted:
        raise BadPayload(f"none of its signals is in {_shown(payload)}")
    return _aged(rows, received_ns) if retained else rows


def _entries(rule: Rule, document: Any) -> list[Any]:
    if rule.each is None:
        return [document]
    entries = look(document, rule.each)
    if not isinstance(entries, list):
        raise BadPayload('there is no list where "each" points')
    if len(entries) > ENTRIES_MAX:
        raise BadPayload(f"{len(entries)} entries, {ENTRIES_MAX} are the most")
    return entries


def _read_entry(plan: Plan, entry: Any, received_ns: int, rows: Rows) -> None:
    rule = plan.rule
    found = [(one, look(entry, one.pointer or ())) for one in plan.wanted]
    found = [(one, value) for one, value in found if value is not NOTHING]
    if not found:
        return
    time_ns, quality = received_ns, 0
    try:
        if rule.time is not None:
            time_ns = read_moment(look(entry, rule.time), rule.time_format)
        if rule.quality is not None and (told := look(entry, rule.quality)) is not NOTHING:
            quality = read_quality(told, rule.quality_format)
    except ValueError as error:
        raise BadPayload(str(error)) from None
    for one, value in found:
        _add(rows, one, value, time_ns, quality)


def _add(rows: Rows, one: Wanted, value: Any, time_ns: int, quality: int) -> None:
    rows.numbers.append(one.number)
    rows.times_ns.append(time_ns)
    rows.qualities.append(quality)
    rows.values.append(fitted(value, one.kind))


def _aged(rows: Rows, received_ns: int) -> Rows:
    rows.times_ns = [received_ns] * len(rows.numbers)
    rows.qualities = [quality if quality >= BAD else UNCERTAIN_LAST_USABLE for quality in rows.qualities]
    return rows


def fitted(value: Any, kind: Kind) -> Any:
    """Texts as the numbers or truths they write, where the signal holds such; all else as it is."""
    if not isinstance(value, str) or kind is Kind.TEXT:
        return value
    plain = value.strip()
    if kind is Kind.BOOLEAN and plain.lower() in (*TRUE, *FALSE):
        return plain.lower() in TRUE
    if kind in NUMERIC and plain.isascii() and "_" not in plain:
        try:
            return int(plain)
        except ValueError:
            pass
        try:
            number = float(plain)
        except ValueError:
            return value
        return number if math.isfinite(number) else None
    return value


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise BadPayload(f"this is no UTF-8 text: {_shown(payload)}") from None


def _document(payload: bytes) -> Any:
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise BadPayload(f"this is no JSON ({error}): {_shown(payload)}") from None


def _shown(payload: bytes) -> str:
    shown = payload[: SHOWN_CHARACTERS * 4].decode(errors="replace")[:SHOWN_CHARACTERS]
    return repr(shown) + (" …" if len(payload) > len(shown.encode()) else "")
