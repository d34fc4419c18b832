"""What a connection's settings say to this driver, checked key by key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kandelia.drivers.mqtt import moments, qualities
from kandelia.drivers.mqtt.pointers import Pointer, names_in, parse_pointer
from kandelia.drivers.mqtt.rules import JSON, PLAIN, Rule, names_of, needed_names
from kandelia.sdk.drivers import InvalidInput
from kandelia.sdk.mqtt import BROKER_KEYS, Broker, check_filter, read_broker

KEYS = (*BROKER_KEYS, "topics", "browse", "retained", "qos")
RULE_KEYS = (
    "topic",
    "format",
    "each",
    "value",
    "time",
    "time_format",
    "quality",
    "quality_format",
    "retained",
    "address",
    "write_topic",
    "write_value",
    "write_type",
)
WRITE_TYPES = ("any", "number", "boolean", "text")
RETAINED = ("ignore", "uncertain")
RULES_MAX = 200
FILTERS_MAX = 50


@dataclass(frozen=True, slots=True)
class MqttConfig:
    """A broker and the rules for its messages."""

    broker: Broker
    rules: tuple[Rule, ...] = ()
    browse: tuple[str, ...] = ("#",)
    retained: str = "ignore"
    qos: int = 1


def read_config(settings: Mapping[str, Any]) -> MqttConfig:
    """The configuration; InvalidInput names the key that is wrong."""
    for key in settings:
        if key not in KEYS:
            raise _wrong(str(key), "this setting is not known", f"use {', '.join(sorted(KEYS))}")
    retained = _choice(settings.get("retained", "ignore"), "retained", RETAINED)
    qos = settings.get("qos", 1)
    if isinstance(qos, bool) or qos not in (0, 1):
        raise _wrong("qos", f"{qos!r} is not offered", "use 0 or 1")
    given = settings.get("topics", [])
    if not isinstance(given, list | tuple) or len(given) > RULES_MAX:
        raise _wrong("topics", "this is no list of rules", f"write a list of {RULES_MAX} at most")
    rules = tuple(_rule(one, f"topics[{place}]", retained) for place, one in enumerate(given))
    return MqttConfig(read_broker(settings), rules, _filters(settings.get("browse", ["#"])), retained, qos)


def _filters(value: Any) -> tuple[str, ...]:
    value = [value] if isinstance(value, str) else value
    mend = f"write topic filters like plant/#, {FILTERS_MAX} at most"
    if not isinstance(value, list | tuple) or not all(isinstance(one, str) for one in value):
        raise _wrong("browse", "these are no topic filters", mend)
    try:
        for one in value[: FILTERS_MAX + 1]:
            check_filter(one)
    except ValueError as error:
        raise _wrong("browse", str(error), mend) from None
    if not 0 < len(value) <= FILTERS_MAX:
        raise _wrong("browse", f"{len(value)} topic filters", mend)
    return tuple(value)


def _rule(given: Any, where: str, retained: str) -> Rule:
    if not isinstance(given, Mapping):
        raise _wrong(where, "this is no rule", "write topic, format, value, time …")
    for key in given:
        if key not in RULE_KEYS:
            raise _wrong(f"{where}.{key}", "this is not known in a rule", f"use {', '.join(RULE_KEYS)}")
    rule = Rule(
        topic=_text(given, "topic", where),
        format=_choice(given.get("format", JSON), f"{where}.format", (JSON, PLAIN)),
        each=_pointer(given, "each", where),
        value=_pointer(given, "value", where) or (),
        time=_pointer(given, "time", where),
        time_format=_choice(given.get("time_format", "auto"), f"{where}.time_format", moments.FORMATS),
        quality=_pointer(given, "quality", where),
        quality_format=_choice(given.get("quality_format", "words"), f"{where}.quality_format", qualities.FORMATS),
        retained=_choice(given.get("retained", retained), f"{where}.retained", RETAINED),
        address=_text(given, "address", where) if "address" in given else "",
        write_topic=_text(given, "write_topic", where) if "write_topic" in given else "",
        write_value=_pointer(given, "write_value", where),
        write_type=_choice(given.get("write_type", "any"), f"{where}.write_type", WRITE_TYPES),
    )
    _check_rule(rule, where)
    return rule


def _check_rule(rule: Rule, where: str) -> None:
    try:
        check_filter(rule.filter)
    except ValueError as error:
        raise _wrong(f"{where}.topic", str(error), "write it like plant/{line}/{machine}/data") from None
    if "+" in rule.topic or "#" in rule.topic:
        raise _wrong(f"{where}.topic", "+ and # have no name", "name each part: plant/{line}/{machine}/data")
    known = set(names_in(rule.address))
    written = {*names_in(rule.write_topic), *names_of(rule.write_value or ())}
    if lacking := written - (known or set(names_in(rule.topic))):
        mend = "use the named parts of the rule's address or topic"
        raise _wrong(f"{where}.write_topic", f"{', '.join(sorted(lacking))} is not known here", mend)
    if rule.address and (missing := needed_names(rule) - known):
        mend = "name every part of topic and value in the address"
        raise _wrong(f"{where}.address", f"the address lacks {', '.join(sorted(missing))}", mend)
    if not rule.address and (open_ := needed_names(rule) - set(names_in(rule.topic))):
        raise _wrong(f"{where}.address", f"{', '.join(sorted(open_))} stands in value only", "give the rule an address")


def _pointer(given: Mapping[str, Any], key: str, where: str) -> Pointer | None:
    if key not in given:
        return None
    try:
        return parse_pointer(_text(given, key, where, empty=True))
    except ValueError as error:
        raise _wrong(f"{where}.{key}", str(error), "write a JSON pointer like /values/temperature") from None


def _text(given: Mapping[str, Any], key: str, where: str, *, empty: bool = False) -> str:
    value = given.get(key, "")
    if not isinstance(value, str) or not (value or empty):
        raise _wrong(f"{where}.{key}", "a text is missing", "put it in quotes")
    return value


def _choice(value: Any, key: str, allowed: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise _wrong(key, f"{value!r:.60} is not known", f"use {', '.join(allowed)}")
    return value


def _wrong(key: str, what: str, mend: str) -> InvalidInput:
    return InvalidInput(what, where=f"settings.{key}", mend=mend, code="invalid-setting")
