"""Promise: births, aliases, sequence and deaths come out as Sparkplug 3.0 says, whatever order messages come in."""

import random
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kandelia.base.quality import BAD_NO_COMMUNICATION
from kandelia.drivers.sparkplug.commands import RebirthLimits
from kandelia.drivers.sparkplug.datatypes import DataType, read_value, write_value
from kandelia.drivers.sparkplug.names import MetricName, NodeId, Source
from kandelia.drivers.sparkplug.nodes import Nodes, Now, Taker
from kandelia.drivers.sparkplug.payloads import BadPayload, read_payload
from kandelia.drivers.sparkplug.schema import Payload
from kandelia.sdk.drivers import InvalidInput, Kind

ID = NodeId("g 1", "节点")
MS = 1_700_000_000_000
NODE, DEVICE, ALIASED = 1, 2, 3


def now(s: float = 0.0) -> Now:
    return Now(MS * 1_000_000 + int(s * 1e9), s)


def nodes() -> Nodes:
    made = Nodes(reorder_s=1.0)
    made.want(
        [
            (MetricName(ID, "", "up"), Taker(NODE, Kind.FLOAT)),
            (MetricName(ID, "d", "t"), Taker(DEVICE, Kind.FLOAT)),
            (MetricName(ID, "d", "a"), Taker(ALIASED, Kind.INTEGER)),
        ]
    )
    made.unclear.clear()
    return made


def payload(seq: int | None = None, *metrics: dict[str, Any], at_ms: int = MS) -> Any:
    made = Payload(timestamp=at_ms)
    if seq is not None:
        made.seq = seq % 256
    for metric in metrics:
        made.metrics.add(**metric)
    return made


def birth(known: Nodes, seq: int = 0, bd_seq: int = 4, s: float = 0.0) -> None:
    bd = {"name": "bdSeq", "datatype": DataType.INT64, "long_value": bd_seq}
    up = {"name": "up", "datatype": DataType.DOUBLE, "double_value": 1.0}
    known.message(Source("NBIRTH", ID), payload(seq, bd, up), now(s))
    t = {"name": "t", "datatype": DataType.FLOAT, "float_value": 0.5}
    a = {"name": "a", "alias": 0, "datatype": DataType.INT16, "int_value": 0xFFFFFFFE}
    known.message(Source("DBIRTH", ID, "d"), payload(seq + 1, t, a), now(s))


def data(known: Nodes, seq: int, value: int, s: float = 0.0) -> None:
    metric = {"alias": 0, "int_value": value & 0xFFFFFFFF}
    known.message(Source("DDATA", ID, "d"), payload(seq, metric), now(s))


def test_births_tell_values_and_aliases() -> None:
    known = nodes()
    birth(known)
    data(known, 2, -300)
    rows = known.take_rows()
    assert list(zip(rows.numbers, rows.values, strict=True)) == [(1, 1.0), (2, 0.5), (3, -2), (3, -300)]
    assert not known.unclear and not list(known.take_faults())


@given(st.integers(0, 255), st.integers(1, 100), st.integers(0, 2**32))
def test_messages_that_come_in_any_order_are_taken_in_sequence(first: int, count: int, seed: int) -> None:
    known = nodes()
    birth(known, first)
    known.take_rows()
    order = list(range(count))
    random.Random(seed).shuffle(order)
    for place in order:
        data(known, first + 2 + place, place)
        data(known, first + 2 + place, place)  # a repeat
    assert known.take_rows().values == list(range(count))
    known.tick(now(5.0))
    assert not known.unclear and not list(known.take_faults())


def test_a_gap_that_stays_is_told_and_a_birth_asked_for() -> None:
    known = nodes()
    birth(known, 254)
    known.take_rows()
    data(known, 258, 7)
    data(known, 260, 9)
    known.tick(now(0.9))
    assert not known.take_rows().values
    known.tick(now(1.1))
    assert known.take_rows().values == [7] and ID in known.unclear
    assert "2 messages are missing before sequence 2" in next(known.take_faults())
    known.tick(now(2.2))
    assert known.take_rows().values == [9]
    birth(known, 0)
    assert ID not in known.unclear


def test_only_the_present_sessions_death_counts() -> None:
    known = nodes()
    birth(known, bd_seq=4)
    known.take_rows()
    stale = {"name": "bdSeq", "datatype": DataType.INT64, "long_value": 3}
    known.message(Source("NDEATH", ID), payload(None, stale), now(1))
    assert not known.take_rows().numbers
    known.message(Source("NDEATH", ID), payload(None, {**stale, "long_value": 4}, at_ms=1), now(2))
    rows = known.take_rows()
    assert set(rows.numbers) == {1, 2, 3} and set(rows.times_ns) == {now(2).ns}
    assert set(rows.qualities) == {BAD_NO_COMMUNICATION} and set(rows.values) == {None}
    data(known, 2, 1)
    assert ID in known.unclear and not known.take_rows().numbers
    birth(known, 0, 5, s=3)
    rows = known.take_rows()
    ends = [time for number, time in zip(rows.numbers, rows.times_ns, strict=True) if number == DEVICE]
    assert ends[-1] > now(2).ns, "a value from before the death is confirmed behind it"


def test_a_devices_death_and_a_device_that_is_not_born_again() -> None:
    known = nodes()
    birth(known)
    known.take_rows()
    known.message(Source("DDEATH", ID, "d"), payload(2, at_ms=MS - 10), now())
    rows = known.take_rows()
    assert sorted(rows.numbers) == [DEVICE, ALIASED] and set(rows.times_ns) == {(MS - 10) * 1_000_000}
    birth(known)
    known.take_rows()
    known.message(Source("NBIRTH", ID), payload(0), now(1))
    known.tick(now(1.5))
    assert not known.take_rows().numbers
    known.tick(now(2.1))
    assert sorted(known.take_rows().numbers) == [DEVICE, ALIASED]


def test_data_before_a_birth_and_unknown_aliases_are_unclear() -> None:
    known = nodes()
    data(known, 9, 1)
    assert ID in known.unclear
    birth(known)
    known.message(Source("NDATA", ID), payload(2, {"alias": 99, "int_value": 1}), now())
    assert ID in known.unclear


def test_what_cannot_be_a_signal_is_told_and_the_rest_goes_on() -> None:
    known = nodes()
    table = {"name": "t", "datatype": DataType.DATASET}
    fleeting = {"name": "a", "datatype": DataType.INT16, "int_value": 1, "is_transient": True}
    known.message(Source("NBIRTH", ID), payload(0, {"name": "up", "datatype": 10, "double_value": 2.0}), now())
    known.message(Source("DBIRTH", ID, "d"), payload(1, table, fleeting), now())
    faults = list(known.take_faults())
    assert any("data set" in fault for fault in faults) and any("not to keep" in fault for fault in faults)
    assert known.take_rows().values == [2.0]


def test_a_changed_list_keeps_what_stays() -> None:
    known = nodes()
    birth(known)
    known.take_rows()
    known.want([(MetricName(ID, "d", "a"), Taker(ALIASED, Kind.INTEGER))])
    assert not known.unclear
    data(known, 2, 5)
    assert known.take_rows().numbers == [ALIASED]
    known.want([(MetricName(ID, "", "up"), Taker(9, Kind.FLOAT))])
    assert ID in known.unclear, "its value is told by a birth"


@pytest.mark.parametrize(
    ("datatype", "value", "kind"),
    [
        (DataType.INT8, -128, Kind.INTEGER),
        (DataType.INT16, -1, Kind.INTEGER),
        (DataType.INT32, -(2**31), Kind.INTEGER),
        (DataType.INT64, -(2**63), Kind.INTEGER),
        (DataType.UINT64, 2**64 - 1, Kind.INTEGER),
        (DataType.UINT8, 255.0, Kind.INTEGER),
        (DataType.FLOAT, 0.5, Kind.FLOAT),
        (DataType.DOUBLE, -1e300, Kind.FLOAT),
        (DataType.BOOLEAN, False, Kind.BOOLEAN),
        (DataType.TEXT, "中文", Kind.TEXT),
    ],
)
def test_values_come_back(datatype: DataType, value: Any, kind: Kind) -> None:
    metric = Payload().metrics.add()
    write_value(metric, datatype, value)
    assert read_value(metric, datatype, kind) == value


@pytest.mark.parametrize(
    ("datatype", "value"),
    [(1, 128), (8, -1), (9, 1e39), (11, 1), (12, 1), (13, 1), (16, "x"), (3, "1"), (3, 1.5), (3, True), (10, "x")],
)
def test_values_that_do_not_fit_are_refused(datatype: int, value: Any) -> None:
    with pytest.raises(InvalidInput):
        write_value(Payload().metrics.add(), datatype, value)


def test_births_are_asked_for_within_limits() -> None:
    limits = RebirthLimits(every_s=10)
    assert limits.may(ID, 0) and not limits.may(ID, 9)
    assert limits.may(ID, 10.1) and not limits.may(ID, 29) and limits.may(ID, 30.2), "twice as long unanswered"
    limits.answered(ID)
    assert limits.may(ID, 41)
    asked = sum(limits.may(NodeId("g", str(number)), 100.0) for number in range(1_000))
    assert 10 <= asked <= 25, "about a second's worth at once"


GOOD = payload(3, {"name": "a", "alias": 1, "datatype": 3, "int_value": 5}).SerializeToString()


@given(st.one_of(st.binary(max_size=200), st.tuples(st.integers(0, len(GOOD)), st.binary(max_size=4))))
def test_any_bytes_are_a_payload_or_refused(change: Any) -> None:
    raw = change if isinstance(change, bytes) else GOOD[: change[0]] + change[1] + GOOD[change[0] + 1 :]
    known = nodes()
    try:
        made = read_payload(raw)
    except BadPayload as error:
        assert str(error)
        return
    for kind, device in (
        ("NBIRTH", ""),
        ("DBIRTH", "d"),
        ("NDATA", ""),
        ("DDATA", "d"),
        ("DDEATH", "d"),
        ("NDEATH", ""),
    ):
        known.message(Source(kind, ID, device), made, now())
    known.tick(now(9))
    rows = known.take_rows()
    assert len(rows.numbers) == len(rows.times_ns) == len(rows.qualities) == len(rows.values)


def test_a_small_body_that_inflates_without_end_is_refused() -> None:
    bomb = Payload(uuid="SPBV1.0_COMPRESSED", body=zlib.compress(bytes(30_000_000)))
    with pytest.raises(BadPayload, match="more than"):
        read_payload(bomb.SerializeToString())
