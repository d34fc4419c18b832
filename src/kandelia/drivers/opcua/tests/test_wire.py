"""Promise: what a server encodes, the quick reader gives back exactly, and garbage ends in an error, not in a hang."""

import struct
from datetime import UTC, datetime, timedelta

from asyncua import ua
from asyncua.ua.ua_binary import struct_to_binary
from hypothesis import given
from hypothesis import strategies as st

from kandelia.drivers.opcua.subscriptions import NEVER_FULL, rows_after_losses
from kandelia.drivers.opcua.wire import (
    BAD_OUT_OF_RANGE,
    BAD_TYPE_MISMATCH,
    EPOCH_TICKS,
    Changes,
    moment_text,
    read_publish,
)

NOW = 1_800_000_000_000_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
V = ua.VariantType
SCALARS = st.one_of(
    st.tuples(st.just(V.Boolean), st.booleans()),
    st.tuples(st.just(V.SByte), st.integers(-128, 127)),
    st.tuples(st.just(V.Byte), st.integers(0, 255)),
    st.tuples(st.just(V.Int16), st.integers(-(2**15), 2**15 - 1)),
    st.tuples(st.just(V.UInt16), st.integers(0, 2**16 - 1)),
    st.tuples(st.just(V.Int32), st.integers(-(2**31), 2**31 - 1)),
    st.tuples(st.just(V.UInt32), st.integers(0, 2**32 - 1)),
    st.tuples(st.just(V.Int64), st.integers(-(2**63), 2**63 - 1)),
    st.tuples(st.just(V.UInt64), st.integers(0, 2**63 - 1)),
    st.tuples(st.just(V.Float), st.floats(width=32, allow_nan=False)),
    st.tuples(st.just(V.Double), st.floats(allow_nan=False)),
    st.tuples(st.just(V.String), st.text(max_size=40)),
)
TIMES = st.one_of(
    st.none(), st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))
)


def response(values: list[ua.DataValue], status: int | None = None) -> bytes:
    change = ua.DataChangeNotification()
    for number, value in enumerate(values):
        change.MonitoredItems.append(ua.MonitoredItemNotification(ClientHandle=number + 1, Value=value))
    made = ua.PublishResponse()
    made.Parameters.SubscriptionId = 5
    made.Parameters.AvailableSequenceNumbers = [7, 8]
    made.Parameters.NotificationMessage.SequenceNumber = 8
    made.Parameters.NotificationMessage.NotificationData = [change] if values else []
    if status is not None:
        made.Parameters.NotificationMessage.NotificationData.append(
            ua.StatusChangeNotification(Status=ua.StatusCode(status))
        )
    return bytes(struct_to_binary(made))


def ns(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1) * 1_000


@given(st.lists(st.tuples(SCALARS, TIMES, TIMES, st.sampled_from([0, 0x40900000, 0x80310000])), max_size=8))
def test_what_is_encoded_comes_back(rows) -> None:
    values = [
        ua.DataValue(ua.Variant(value, kind), ua.StatusCode(code), source, server)
        for (kind, value), source, server, code in rows
    ]
    published = read_publish(response(values), NOW)
    assert (published.subscription, published.sequence, published.status) == (5, 8, 0)
    changes = published.changes
    assert changes.handles == list(range(1, len(rows) + 1))
    assert changes.qualities == [code >> 16 for *_, code in rows]
    assert changes.values == [value for (_, value), *_ in rows]
    expected = [ns(source) if source else ns(server) if server else NOW for _, source, server, _ in rows]
    assert changes.times_ns == expected


def one(value: ua.DataValue):
    changes = read_publish(response([value]), NOW).changes
    return changes.values[0], changes.qualities[0]


def test_what_no_signal_can_hold_is_missing_with_its_reason() -> None:
    assert one(ua.DataValue(ua.Variant(2**63, V.UInt64))) == (None, BAD_OUT_OF_RANGE)
    assert one(ua.DataValue(ua.Variant([1.0, 2.0], V.Double))) == (None, BAD_TYPE_MISMATCH)
    assert one(ua.DataValue(ua.Variant(ua.EUInformation(), V.ExtensionObject))) == (None, BAD_TYPE_MISMATCH)
    assert one(ua.DataValue(ua.Variant([1.0], V.Double), ua.StatusCode(0x80310000)))[1] == 0x8031


def test_rows_after_an_odd_one_are_not_shifted() -> None:
    odd = [ua.Variant([1.0], V.Double), ua.Variant(ua.LocalizedText("文", "zh")), ua.Variant("text"), ua.Variant(None)]
    odd += [ua.Variant(ua.QualifiedName("q", 2)), ua.Variant(ua.StatusCode(0)), ua.Variant(b"\x01\xff")]
    changes = read_publish(response([ua.DataValue(v) for v in [*odd, ua.Variant(3.5, V.Double)]]), NOW).changes
    assert changes.values == [None, "文", "text", None, "q", "Good", "01ff", 3.5]


def test_picoseconds_and_ticks_survive() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    value = ua.DataValue(ua.Variant(1.0, V.Double), SourceTimestamp=at, SourcePicoseconds=7_500)
    data = response([value])
    ticks = struct.pack("<q", ns(at) // 100 + EPOCH_TICKS)
    assert ticks in data
    data = data.replace(ticks, struct.pack("<q", ns(at) // 100 + EPOCH_TICKS + 3))
    assert read_publish(data, NOW).changes.times_ns == [ns(at) + 300 + 75]


def test_overflow_and_the_end_of_a_subscription_are_told() -> None:
    full = ua.DataValue(ua.Variant(1.0, V.Double), ua.StatusCode(0x00000480))
    assert read_publish(response([full, full]), NOW).changes.overflows == [0, 1]
    assert read_publish(response([], status=0x800A0000), NOW).status == 0x800A0000


def test_times_as_text() -> None:
    assert moment_text(EPOCH_TICKS + 12_345_678) == "1970-01-01T00:00:01.2345678Z"
    assert moment_text(0) is None and moment_text(2**63 - 1) is None


@given(st.data())
def test_a_damaged_response_is_an_error_and_no_more(data) -> None:
    whole = response([ua.DataValue(ua.Variant(1.0, V.Double)), ua.DataValue(ua.Variant("abc"))])
    place = data.draw(st.integers(0, len(whole) - 1))
    damaged = bytearray(whole)
    damaged[place] = data.draw(st.integers(0, 255))
    cut = bytes(damaged[: data.draw(st.integers(0, len(whole)))])
    try:
        read_publish(cut, NOW)
    except Exception as error:
        assert not isinstance(error, MemoryError | RecursionError), error


def test_a_hole_in_front_of_a_row_is_known_by_the_overflow_bit_or_by_a_full_queue() -> None:
    def lost(handles: list[int], overflows: list[int], full_at: dict[int, int]) -> list[int]:
        return rows_after_losses(Changes(handles=handles, overflows=overflows), full_at)

    assert lost([1, 2, 3], [], {1: 10}) == []
    assert lost([1, 2, 1, 2, 1], [], {1: 3, 2: 3}) == [0]
    assert lost([1, 2, 1, 2, 1], [2], {1: 3, 2: 2}) == [1, 2], "where the server tells, its word counts"
    assert lost([1, 1], [], {1: NEVER_FULL}) == lost([1, 1], [], {}) == []
