"""Promise: a payload becomes exact samples or is refused with a word; whatever the bytes, nothing else happens."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kandelia.drivers.mqtt.config import read_config
from kandelia.drivers.mqtt.moments import FORMATS, read_moment
from kandelia.drivers.mqtt.payloads import BadPayload, Plan, Wanted, fitted, read_message
from kandelia.drivers.mqtt.pointers import look, parse_pointer, write_pointer
from kandelia.drivers.mqtt.qualities import read_quality
from kandelia.drivers.mqtt.rules import Rule
from kandelia.sdk.drivers import Kind

NOW = 1_700_000_000_000_000_000


def plan(kind: Kind = Kind.FLOAT, value: str = "/v", **rule: Any) -> Plan:
    made = read_config({"broker": "mqtt://h", "topics": [{"topic": "t", "value": value, **rule}]}).rules[0]
    return Plan(made, [Wanted(1, kind, None if made.format == "text" else parse_pointer(value))])


@pytest.mark.parametrize(
    ("moment", "format", "ns"),
    [
        ("2023-11-14T22:13:20Z", "auto", NOW),
        ("2023-11-15T06:13:20.123456789+08:00", "iso", NOW + 123_456_789),
        ("2023-11-14T22:13:20", "auto", NOW),
        (1_700_000_000, "auto", NOW),
        (1_700_000_000.25, "s", NOW + 250_000_000),
        (1_700_000_000_000, "auto", NOW),
        (1_700_000_000_000_000, "auto", NOW),
        (NOW + 1, "auto", NOW + 1),
        ("1700000000000", "ms", NOW),
        ("1700000000.5", "auto", NOW + 500_000_000),
        (-1.5, "s", -1_500_000_000),
    ],
)
def test_moments(moment: Any, format: str, ns: int) -> None:
    assert read_moment(moment, format) == ns


@given(st.one_of(st.text(max_size=40), st.integers(), st.floats(), st.booleans(), st.none()), st.sampled_from(FORMATS))
@example("0-0", "auto")
@example("--1", "s")
@example("-", "ms")
@example("9999-12-31T23:59:59.999999999-23:59", "iso")
def test_any_moment_is_a_number_or_refused(moment: Any, format: str) -> None:
    try:
        assert isinstance(read_moment(moment, format), int)
    except ValueError as error:
        assert str(error)


@pytest.mark.parametrize(
    ("told", "format", "severity"),
    [
        (True, "words", 0),
        ("GOOD", "words", 0),
        ("Uncertain - old", "words", 1),
        ("Comm. failure", "words", 2),
        (192, "opc", 0),
        (216, "opc", 0),
        (64, "opc", 1),
        (24, "opc", 2),
        (0, "opcua", 0),
        (0x80310000, "opcua", 2),
        (None, "words", 2),
    ],
)
def test_qualities(told: Any, format: str, severity: int) -> None:
    assert read_quality(told, format) >> 14 == severity


def test_values_fit_their_kind() -> None:
    assert fitted(" 21.5 ", Kind.FLOAT) == 21.5 and fitted("7", Kind.INTEGER) == 7
    assert fitted("Off", Kind.BOOLEAN) is False and fitted("12", Kind.TEXT) == "12"
    assert fitted("nan", Kind.FLOAT) is None and fitted("1_0", Kind.INTEGER) == "1_0"
    assert fitted("٣", Kind.INTEGER) == "٣"


def test_each_entry_is_a_sample() -> None:
    points = {"p": [{"t": 1_700_000_000, "v": 1.5}, {"t": 1_700_000_001, "v": None}, {"t": 1_700_000_002}]}
    rows = read_message(plan(each="/p", time="/t"), json.dumps(points).encode(), NOW)
    assert rows.values == [1.5, None] and rows.times_ns == [NOW, NOW + 1_000_000_000]


@given(
    st.recursive(st.one_of(st.none(), st.integers(), st.text()), lambda s: st.dictionaries(st.text(), s), max_leaves=5)
)
def test_pointers_come_back(document: Any) -> None:
    at = document
    tokens: tuple[str, ...] = ()
    while isinstance(at, dict) and at:
        key = sorted(at)[0]
        if "=" in key:
            return
        tokens, at = (*tokens, key), at[key]
    assert look(document, parse_pointer(write_pointer(tokens))) == at


RULES = (
    plan(),
    plan(time="/t", quality="/q"),
    plan(each="/p", time="/t", quality="/q", quality_format="opc"),
    plan(value="/v/[id=a]/x"),
    plan(format="text", kind=Kind.BOOLEAN),
    Plan(Rule("t"), []),
)
seeds = st.sampled_from(
    [b'{"v": 1, "t": 1e300, "q": 3}', b'{"p": [{"v": 1, "t": "x"}]}', b'{"v": [{"id": "a"}]}', b"[[["]
)


@given(st.sampled_from(RULES), st.one_of(st.binary(max_size=60), seeds), st.booleans())
@example(RULES[1], b'{"v": 1, "t": 1e999}', False)
@example(RULES[1], b'{"v": 1, "t": 1, "q": 1e300}', False)
@example(RULES[4], b"\xff", False)
def test_any_bytes_are_samples_or_told(rule: Plan, payload: bytes, retained: bool) -> None:
    try:
        rows = read_message(rule, payload, NOW, retained=retained)
    except BadPayload as error:
        assert str(error)
        return
    assert len(rows.numbers) == len(rows.times_ns) == len(rows.qualities) == len(rows.values)
    assert all(isinstance(time, int) for time in rows.times_ns) and all(0 <= q < 65_536 for q in rows.qualities)
