"""Rules: how the messages of some topics become values, and how a signal's address names a topic and a value in it.

A rule's topic is a pattern with named parts: `plant/{line}/{machine}/state`. With an `address` of its own, such as
`{line}.{machine}.{tag}`, signals are addressed by these parts, and a named part of the value's pointer
(`/values/{tag}`) stands for any member.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from kandelia.drivers.mqtt.pointers import Pointer, fill, names_in, parse_pointer
from kandelia.sdk.drivers import InvalidInput
from kandelia.sdk.mqtt import check_name

ADDRESS_CHARACTERS_MAX = 4_096
PLAIN, JSON = "text", "json"
_MEND = "write a topic like plant/oven/temperature, with a JSON pointer behind # like plant/oven#/zones/0/value"


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of the setting `topics`."""

    topic: str
    format: str = JSON
    each: Pointer | None = None  # a list whose entries are samples; the other pointers then begin at an entry
    value: Pointer = ()
    time: Pointer | None = None
    time_format: str = "auto"
    quality: Pointer | None = None
    quality_format: str = "words"
    retained: str = "ignore"
    address: str = ""
    write_topic: str = ""  # where a value to be written is sent; empty: nothing can be written
    write_type: str = "any"
    write_value: Pointer | None = None  # where it stands in the JSON that is sent; None sends it alone

    @property
    def filter(self) -> str:
        """What to subscribe to for all topics of the rule."""
        return "/".join("+" if names_in(level) else level for level in self.topic.split("/"))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a signal's values come from; `pointer` None for a payload that is the value."""

    topic: str
    pointer: Pointer | None
    rule: Rule
    parts: Mapping[str, str] = field(default_factory=dict)


PLAIN_RULE = Rule("#", format=PLAIN)
JSON_RULE = Rule("#", format=JSON)


class Rules:
    """The rules of a connection, in order; the first that fits counts."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._topics = [(rule, pattern_of(rule.topic)) for rule in rules]
        self._addresses = [(rule, pattern_of(rule.address)) for rule in rules if rule.address]

    def of_topic(self, topic: str) -> tuple[Rule, Mapping[str, str]] | None:
        """The rule for a topic and its named parts."""
        for rule, pattern in self._topics:
            if found := pattern.fullmatch(topic):
                return rule, found.groupdict()
        return None

    def place(self, address: str) -> Place:
        """Where an address points; InvalidInput says what is wrong with it."""
        if len(address) > ADDRESS_CHARACTERS_MAX:
            raise _wrong(address, "this is too long for an address")
        for rule, pattern in self._addresses:
            if found := pattern.fullmatch(address):
                return _by_parts(rule, found.groupdict(), address)
        topic, mark, text = address.partition("#")
        try:
            check_name(topic)
            pointer = parse_pointer(text) if mark else None
        except ValueError as error:
            raise _wrong(address, str(error)) from None
        found_rule = self.of_topic(topic)
        rule, parts = found_rule or (JSON_RULE if mark else PLAIN_RULE, {})
        if found_rule and not mark and rule.format == JSON:
            if set(names_of(rule.value)) - set(parts):
                raise _wrong(address, f'the rule "{rule.topic}" needs to know which member')
            pointer = fill(rule.value, parts)
        return Place(topic, pointer, replace(rule, format=JSON) if mark else rule, parts)


def fill_topic(template: str, parts: Mapping[str, str]) -> str:
    """A topic with its named parts in place."""
    return re.sub(r"\{(\w+)\}", lambda found: parts[found[1]], template)


def _by_parts(rule: Rule, parts: Mapping[str, str], address: str) -> Place:
    topic = fill_topic(rule.topic, parts)
    try:
        check_name(topic)
    except ValueError as error:
        raise _wrong(address, str(error)) from None
    return Place(topic, None if rule.format == PLAIN else fill(rule.value, parts), rule, parts)


def names_of(pointer: Pointer) -> list[str]:
    """The named parts of a pointer's steps."""
    return [
        name for token in pointer for name in names_in(token if isinstance(token, str) else token.key + token.value)
    ]


def needed_names(rule: Rule) -> set[str]:
    """The named parts without which an address of this rule would not tell topic and value."""
    return {*names_in(rule.topic), *names_of(rule.value)}


def pattern_of(template: str) -> re.Pattern[str]:
    """What fits a template: a named part is anything within one level of a topic."""
    pieces = re.split(r"\{(\w+)\}", template)
    made, seen = "", set()
    for place, piece in enumerate(pieces):
        if place % 2 == 0:
            made += re.escape(piece)
        elif piece in seen:
            made += f"(?P={piece})"
        else:
            seen.add(piece)
            made += f"(?P<{piece}>[^/+#]+?)"
    return re.compile(made, re.DOTALL)


def _wrong(address: str, what: str) -> InvalidInput:
    return InvalidInput(what, where=address[:80], mend=_MEND, code="invalid-address")
