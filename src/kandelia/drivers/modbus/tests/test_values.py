"""Promise: every type and order comes out of registers as a second, plain way of reading says, and goes back."""

import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kandelia.drivers.modbus.addresses import ORDERS, Table, parse
from kandelia.drivers.modbus.frames import (
    Cutter,
    Damaged,
    Refused,
    framed,
    read_answer,
    read_request,
    write_answer,
    write_registers,
)
from kandelia.drivers.modbus.plan import Limits, Wanted, group_of, pieces_of, smaller
from kandelia.drivers.modbus.values import decode_one, encode_one
from kandelia.sdk.drivers import InvalidInput, Item, Kind

FORMS = {
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "uint64": "Q",
    "float32": "f",
    "float64": "d",
}


def by_hand(data: bytes, kind: str, order: str) -> float | int:
    """The bytes put in order one by one, as the letters say."""
    words = [data[n : n + 2] for n in range(0, len(data), 2)]
    last_first, exchanged = ORDERS[order]
    words = [word[::-1] if exchanged else word for word in words]
    return struct.unpack(">" + FORMS[kind], b"".join(reversed(words) if last_first else words))[0]


@given(st.data(), st.sampled_from(sorted(FORMS)), st.sampled_from(sorted(ORDERS)))
def test_numbers_in_every_order(data: st.DataObject, kind: str, order: str) -> None:
    size = struct.calcsize(FORMS[kind])
    raw = data.draw(st.binary(min_size=size, max_size=size))
    written = {"BADC": "BA", "DCBA": "BA"}.get(order, "AB") if size == 2 else order
    address = parse(f"holding=0;type={kind};order={written}")
    value = decode_one(address, raw)
    assert value == by_hand(raw, kind, address.order) or math.isnan(value)
    if not isinstance(value, float) or math.isfinite(value):
        assert encode_one(address, value) == raw or value == 0


@given(st.integers(0, 99_999_999))
def test_decimals_of_four_bits(number: int) -> None:
    address = parse("holding=0;type=bcd32")
    raw = bytes.fromhex(f"{number:08d}")
    assert decode_one(address, raw) == number and encode_one(address, number) == raw
    assert decode_one(address, b"\x0a\x00\x00\x00") is None, "a digit above 9 is no value"


def test_strings() -> None:
    address = parse("holding=0;type=string;length=7")
    assert decode_one(address, b"PUMP 3\0\0") == "PUMP 3"
    assert decode_one(parse("holding=0;type=string;length=8;order=BA"), b"UPPM3 \0\0") == "PUMP 3"
    assert decode_one(address, "炉温".encode().ljust(8, b" ")) == "炉温" and decode_one(address, b"\xff" * 8) is None
    assert encode_one(address, "PUMP 3") == b"PUMP 3\0\0"
    with pytest.raises(InvalidInput):
        encode_one(address, "PUMP 300")


def test_scaling_is_exact() -> None:
    address = parse("holding=0;scale=0.1;offset=-40")
    assert decode_one(address, struct.pack(">H", 637)) == 23.7
    assert encode_one(address, 23.7) == struct.pack(">H", 637)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("holding=0", -1),
        ("holding=0", 65_536),
        ("holding=0", 1.5),
        ("holding=0", "7"),
        ("holding=0", True),
        ("holding=0", float("nan")),
        ("holding=0;type=float32", 1e39),
        ("holding=0;type=bcd16", 10_000),
        ("holding=0;type=string;length=4", 4),
    ],
)
def test_what_does_not_fit_is_never_written(text: str, value) -> None:
    with pytest.raises(InvalidInput) as caught:
        encode_one(parse(text), value)
    assert caught.value.mend


def wanted(*addresses: str, kind: Kind = Kind.FLOAT) -> list[Wanted]:
    return [Wanted(Item(n, text, kind, 1_000), parse(text)) for n, text in enumerate(addresses, 1)]


@given(st.lists(st.tuples(st.integers(0, 400), st.sampled_from(["uint16", "float32", "float64"])), min_size=1))
def test_merging_keeps_every_item_and_every_limit(places: list[tuple[int, str]]) -> None:
    items = wanted(*(f"holding={at};type={kind}" for at, kind in places))
    pieces = pieces_of(items, Limits(8, 125, 2_000))
    assert sorted(w.item.number for piece in pieces for w in piece) == [w.item.number for w in items]
    for piece in pieces:
        start = piece[0].address.start
        assert max(w.address.start + w.address.count for w in piece) - start <= 125
        if len(piece) > 1:
            assert sorted(w.item.number for part in smaller(piece) for w in part) == sorted(
                w.item.number for w in piece
            )
    assert len(pieces) <= len({w.address.start for w in items})


def test_gaps_are_read_over_only_as_far_as_said() -> None:
    items = wanted("holding=0", "holding=9", "holding=20", "coil=0", "coil=100", "input=9")
    starts = [[w.address.start for w in piece] for piece in pieces_of(items, Limits(8, 125, 2_000))]
    assert sorted(starts) == sorted([[0, 9], [20], [0, 100], [9]])


def test_a_poll_is_decoded_at_once() -> None:
    texts = ["holding=0;type=float32", "holding=2;type=float32;order=CDAB", "holding=4;scale=0.5", "holding=4;bit=1"]
    items = [
        *wanted(*texts),
        Wanted(Item(9, "coil=9", Kind.BOOLEAN, 1_000), parse("coil=9")),
        Wanted(Item(10, "holding=5;type=bcd16", Kind.INTEGER, 1_000), parse("holding=5;type=bcd16")),
    ]
    group = group_of(1_000, pieces_of(items, Limits(8, 125, 2_000)))
    for place, block in enumerate(group.blocks):
        low, high = struct.unpack(">HH", struct.pack(">f", -2.5))
        registers = struct.pack(">f", 1.5) + struct.pack(">HH", high, low) + struct.pack(">HH", 6, 0x12AF)
        group.take(place, b"\x01" if block.of_bits else registers)
    values, qualities = group.rows()
    rows = dict(zip(group.numbers.tolist(), zip(values, qualities.tolist(), strict=True), strict=True))
    assert rows == {1: (1.5, 0), 2: (-2.5, 0), 3: (3.0, 0), 4: (1, 0), 9: (True, 0), 10: (None, 0x803C)}


def test_answers_that_do_not_fit_are_damage() -> None:
    request = read_request(Table.HOLDING, 0, 2)
    assert read_answer(request, b"\x03\x04\x00\x01\x00\x02") == b"\x00\x01\x00\x02"
    with pytest.raises(Refused) as refused:
        read_answer(request, b"\x83\x02")
    assert refused.value.code == 2
    for wrong in (b"", b"\x03", b"\x04\x04\0\0\0\0", b"\x03\x02\0\0", b"\x03\x04\0\0", b"\x83", b"\x83\x02\0"):
        with pytest.raises(Damaged):
            read_answer(request, wrong)
    with pytest.raises(Damaged):
        write_answer(write_registers(1, b"\0\1"), b"\x06\0\x02\0\1")


@given(st.lists(st.binary(min_size=2, max_size=253), max_size=6), st.randoms(use_true_random=False))
def test_a_stream_is_cut_however_it_comes(pdus: list[bytes], chance) -> None:
    stream = b"".join(framed(n, n + 1, pdu) for n, pdu in enumerate(pdus))
    cutter, found = Cutter(), []
    while stream:
        size = chance.randint(1, 300)
        found += cutter.feed(stream[:size])
        stream = stream[size:]
    assert found == [(n, n + 1, pdu) for n, pdu in enumerate(pdus)]
    assert np.all([len(pdu) <= 253 for _, _, pdu in found])
