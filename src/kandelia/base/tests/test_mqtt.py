"""Promise: packets come back as they were written, in both versions; other bytes are refused with a reason."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kandelia.base.mqtt.decoding import HEAD_BYTES, Framer, decode
from kandelia.base.mqtt.encoding import encode
from kandelia.base.mqtt.packets import (
    VERSION_3_1_1,
    VERSION_5,
    Acknowledge,
    BadPacket,
    Connack,
    Connect,
    Disconnect,
    Granted,
    Packet,
    Ping,
    Property,
    Publish,
    Subscribe,
    Type,
    Unsubscribe,
    Will,
)
from kandelia.base.mqtt.topics import FilterTree, check_filter, check_name, takes

VERSIONS = (VERSION_3_1_1, VERSION_5)
texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=20)
names = texts.filter(lambda text: text and not set(text) & set("+#"))
filters = st.lists(st.one_of(st.sampled_from(["+", "a"]), names), min_size=1, max_size=4).map("/".join)
ids = st.integers(1, 65_535)
properties = st.fixed_dictionaries(
    {},
    optional={
        int(Property.MESSAGE_EXPIRY): st.integers(0, 2**32 - 1),
        int(Property.REASON): texts,
        int(Property.TOPIC_ALIAS): ids,
        9: st.binary(max_size=9),
        38: st.lists(st.tuples(texts, texts), min_size=1, max_size=3),
        11: st.lists(st.integers(1, 2**28 - 1), min_size=1, max_size=2),
        1: st.integers(0, 1),
    },
)


@st.composite
def packets(draw: st.DrawFn) -> tuple[int, Packet]:
    version = draw(st.sampled_from(VERSIONS))
    some = draw(properties) if version == VERSION_5 else {}
    code = draw(st.integers(0, 255)) if version == VERSION_5 else 0
    kind = draw(st.sampled_from(list(Type)[:14]))
    if kind is Type.CONNECT:
        will = draw(
            st.one_of(st.none(), st.builds(Will, names, st.binary(max_size=9), st.integers(0, 2), st.booleans()))
        )
        user = draw(st.one_of(st.none(), texts))
        password = draw(st.one_of(st.none(), st.binary(max_size=9))) if user is not None else None
        return version, Connect(
            draw(texts), version, draw(st.booleans()), draw(st.integers(0, 65_535)), user, password, will, some
        )
    if kind is Type.PUBLISH:
        qos = draw(st.integers(0, 2))
        flags = (draw(st.booleans()), bool(qos) and draw(st.booleans()), draw(ids) if qos else 0)
        return version, Publish(draw(names), draw(st.binary(max_size=300)), qos, *flags, some)
    made: dict[Type, Any] = {
        Type.CONNACK: Connack(draw(st.booleans()), draw(st.integers(0, 255)), some),
        Type.SUBSCRIBE: Subscribe(
            draw(ids), draw(st.lists(st.tuples(filters, st.integers(0, 2)), min_size=1, max_size=3)), some
        ),
        Type.UNSUBSCRIBE: Unsubscribe(draw(ids), draw(st.lists(filters, min_size=1, max_size=3))),
        Type.SUBACK: Granted(kind, draw(ids), draw(st.lists(st.integers(0, 255), max_size=3))),
        Type.UNSUBACK: Granted(kind, draw(ids), [code] if version == VERSION_5 else []),
        Type.PINGREQ: Ping(kind),
        Type.PINGRESP: Ping(kind),
        Type.DISCONNECT: Disconnect(code, some if code else {}),
    }
    return version, made.get(kind, Acknowledge(kind, draw(ids), code))


@given(packets(), st.integers(1, 50))
def test_packets_come_back_however_they_are_cut(made: tuple[int, Packet], step: int) -> None:
    version, packet = made
    data = encode(packet, version) * 2
    framer = Framer()
    found = [one for at in range(0, len(data), step) for one in framer.feed(data[at : at + step])]
    assert [decode(first, body, version) for first, body, _ in found] == [packet, packet]


@given(packets(), st.data())
def test_damaged_packets_are_packets_or_refused(made: tuple[int, Packet], data: st.DataObject) -> None:
    raw = bytearray(encode(made[1], made[0]))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        for first, body, _ in Framer(10_000).feed(bytes(raw)):
            decode(first, body, made[0])
    except BadPacket as refused:
        assert str(refused) and refused.code >= 0x80


def test_a_packet_that_is_too_large_is_refused_or_cut() -> None:
    large, small = encode(Publish("t", bytes(200_000), 1, packet_id=9)), encode(Ping(Type.PINGREQ))
    with pytest.raises(BadPacket):
        list(Framer(1_000).feed(large[:10]))
    framer = Framer(1_000, cut=True)
    found = [one for at in range(0, len(large), 777) for one in framer.feed(large[at : at + 777])]
    found += framer.feed(small)
    (first, body, missing), ping = found
    told = decode(first, body)
    assert isinstance(told, Publish) and (told.topic, told.packet_id) == ("t", 9)
    assert len(body) == HEAD_BYTES and len(body) + missing == 200_005 and ping == (0xC0, b"", 0)
    assert len(framer._held) < HEAD_BYTES + 1_000


@pytest.mark.parametrize(
    ("wanted", "name", "yes"),
    [
        ("a/b", "a/b", True),
        ("a/+", "a/b", True),
        ("a/+", "a", False),
        ("a/+", "a/", True),
        ("a/#", "a", True),
        ("a/#", "a/b/c", True),
        ("#", "a/b", True),
        ("#", "$SYS/a", False),
        ("+/a", "$SYS/a", False),
        ("$SYS/#", "$SYS/a", True),
        ("+/+", "/a", True),
        ("+", "/a", False),
    ],
)
def test_filters(wanted: str, name: str, yes: bool) -> None:
    assert takes(wanted, name) is yes
    tree: FilterTree[str] = FilterTree()
    tree.add(wanted, "x")
    tree.add("other/+/x", "y")
    assert list(tree.find(name)) == (["x"] if yes else [])
    tree.remove(wanted, "x")
    tree.remove("other/+/x", "y")
    assert not list(tree.find(name)) and not tree._children


@given(
    st.lists(filters, max_size=6), st.lists(st.sampled_from(["a", "b", "$s", ""]), min_size=1, max_size=4).map("/".join)
)
def test_the_tree_finds_what_takes(wanted: list[str], name: str) -> None:
    tree: FilterTree[str] = FilterTree()
    for one in wanted:
        tree.add(one, one)
    assert sorted(set(tree.find(name))) == sorted({one for one in wanted if takes(one, name)})


def test_what_is_no_topic() -> None:
    for name in ("", "a/+", "a#", "/" * 300):
        with pytest.raises(BadPacket):
            check_name(name)
    for wanted in ("", "a+", "#/a", "a/b#", "+a/b", "/" * 300):
        with pytest.raises(BadPacket):
            check_filter(wanted)
    for good in ("a b/中/", "/", "+/#"):
        check_filter(good)
