"""Promise: whatever is sent to the MQTT listener, the link or the Sparkplug host, they go on, and hold no more."""

import asyncio
import contextlib
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from kandelia.base.mqtt.encoding import encode
from kandelia.base.mqtt.packets import VERSION_3_1_1, VERSION_5, Acknowledge, Connack, Connect, Publish, Subscribe, Type
from kandelia.drivers.sparkplug.names import MetricName, NodeId, Source
from kandelia.drivers.sparkplug.nodes import METRICS_OF_A_NODE_MAX, Nodes, Now, Taker
from kandelia.drivers.sparkplug.payloads import BadPayload, read_payload
from kandelia.drivers.sparkplug.schema import Payload
from kandelia.kernel.access.logic.token_text import digest
from kandelia.sdk.drivers import Kind
from kandelia.sdk.mqtt.broker import read_broker
from kandelia.sdk.mqtt.link import Link
from kandelia.surfaces.mqtt import limits
from kandelia.surfaces.mqtt.connection import Connection
from kandelia.surfaces.mqtt.listener import Listener
from kandelia.surfaces.mqtt.tests.stand import EVERYTHING, grant


class Wire:
    """A transport that keeps what is written, and closes as a real one does."""

    def __init__(self, protocol: asyncio.Protocol) -> None:
        self.protocol, self.closing, self.written = protocol, False, 0

    def write(self, data: bytes) -> None:
        self.written += len(data)

    def can_write_eof(self) -> bool:
        return False

    def is_closing(self) -> bool:
        return self.closing

    def close(self) -> None:
        if not self.closing:
            self.closing = True
            self.protocol.connection_lost(None)

    abort = close

    def get_extra_info(self, name: str) -> Any:
        return ("127.0.0.1", 1) if name == "peername" else None

    def set_write_buffer_limits(self, high: int) -> None:
        pass

    def pause_reading(self) -> None:
        pass

    resume_reading = pause_reading


@st.composite
def spoiled(draw: st.DrawFn, good: st.SearchStrategy[bytes]) -> bytes:
    """Some good packets, with bytes changed, cut or put in."""
    data = bytearray(b"".join(draw(st.lists(good, max_size=5))))
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return bytes(data)


def both(packet: Any) -> list[bytes]:
    return [encode(packet, VERSION_3_1_1), encode(packet, VERSION_5)]


FROM_CLIENTS = st.sampled_from(
    [
        *both(Publish("a/b", b"x", 1, packet_id=3)),
        *both(Publish("a/c", b"y" * 40, 2, retain=True, packet_id=4)),
        encode(Publish("a", b"", 0, properties={35: 1}), VERSION_5),
        *both(Subscribe(5, [("a/#", 1), ("+/+", 2), ("$share/g/x", 0)])),
        *both(Acknowledge(Type.PUBREL, 4)),
        *both(Acknowledge(Type.PUBACK, 1)),
        b"\xc0\0",
        b"\xe0\0",
    ]
)
HELLOS = [
    encode(Connect("c", version, clean, user="all", password=b"secret-all"))
    for version in (VERSION_3_1_1, VERSION_5)
    for clean in (True, False)
]


@given(
    st.lists(st.tuples(st.sampled_from([*HELLOS, b""]), spoiled(FROM_CLIENTS), st.booleans()), min_size=1, max_size=4)
)
@example([(HELLOS[0], b"\x30\x02\0\5", True)])
@example([(HELLOS[3], encode(Publish("", b"", 0, properties={35: 9}), VERSION_5), False)])
def test_the_listener(clients: list[tuple[bytes, bytes, bool]]) -> None:
    async def run() -> None:
        with tempfile.TemporaryDirectory() as place:
            listener = Listener(Path(place), digest)
            listener.identities.put("main.all", grant("all", publish=EVERYTHING, subscribe=EVERYTHING))
            wires = []
            for hello, data, cut in clients:
                connection = Connection(listener)
                wires.append(Wire(connection))
                connection.connection_made(wires[-1])  # type: ignore[arg-type]
                for piece in (hello + data,) if not cut else (hello, data[:7], data[7:]):
                    if piece and not wires[-1].closing:
                        connection.data_received(piece)
                assert len(connection._framer._held) <= limits.MESSAGE_BYTES_MAX
            assert len(listener.connections) == sum(not wire.closing for wire in wires)
            for wire in wires:
                wire.close()
            space = listener.spaces.get("main")
            assert not listener.connections and not listener._strangers
            assert space is None or all(session.outlet is None for session in space.sessions.values())

    asyncio.run(run())


FROM_BROKERS = st.sampled_from(
    [
        *both(Publish("a/b", b"1", 1, packet_id=3)),
        *both(Publish("a/b", b"2", 2, packet_id=3)),
        encode(Publish("a/b", bytes(3_000), 1, packet_id=8)),
        *both(Connack(True, 0)),
        *both(Acknowledge(Type.PUBREL, 3)),
        *both(Acknowledge(Type.PUBACK, 1)),
        b"\xd0\0",
        b"\xe0\1\x8e",
    ]
)


@given(st.booleans(), st.lists(spoiled(FROM_BROKERS), max_size=4))
def test_the_link(five: bool, chunks: list[bytes]) -> None:
    async def run() -> None:
        heard = []

        class Ears:
            def message(self, message: Publish) -> None:
                heard.append(message)

            def too_large(self, topic: str, size: int) -> None:
                assert size > 1_000

        link = Link(
            read_broker({"broker": "mqtt://h", "version": "5" if five else "3.1.1", "message_bytes_max": 1_000})
        )
        wire = Wire(link)
        link.connection_made(wire)  # type: ignore[arg-type]
        link.start(Ears())
        for chunk in chunks:
            if not wire.closing:
                link.data_received(chunk)
        assert len(link._framer._held) < 80_000 and all(len(one.payload) <= 1_000 for one in heard)

    asyncio.run(run())


GOOD = Payload(timestamp=1, seq=1)
GOOD.metrics.add(name="m", alias=1, datatype=10, double_value=1.5)
GOOD.metrics.add(name="bdSeq", datatype=4, long_value=1)
KINDS = ("NBIRTH", "NDEATH", "NDATA", "DBIRTH", "DDEATH", "DDATA")


@given(
    st.lists(
        st.tuples(st.sampled_from(KINDS), spoiled(st.just(GOOD.SerializeToString())), st.integers(0, 300)), max_size=8
    )
)
@example([("NBIRTH", GOOD.SerializeToString(), 0), ("NDATA", b"\x12\x02\x10\x01\x18\x05", 0)])
def test_the_host(messages: list[tuple[str, bytes, int]]) -> None:
    nodes, id = Nodes(reorder_s=1.0), NodeId("g", "n")
    nodes.want([(MetricName(id, device, "m"), Taker(number, Kind.FLOAT)) for number, device in ((1, ""), (2, "d"))])
    for place, (kind, data, seq) in enumerate(messages):
        with contextlib.suppress(BadPayload):
            payload = read_payload(data)
            payload.seq = seq
            nodes.message(
                Source(kind, id, "d" if kind.startswith("D") else ""), payload, Now(10**18 + place, place / 2)
            )
        nodes.tick(Now(10**18 + place, place / 2))
    rows = nodes.take_rows()
    assert len(rows.numbers) == len(rows.times_ns) == len(rows.qualities) == len(rows.values)
    assert set(rows.numbers) <= {1, 2} and all(isinstance(time, int) for time in rows.times_ns)
    assert all(len(node.pending) <= 128 and len(node.metrics) <= METRICS_OF_A_NODE_MAX for node in nodes.nodes.values())
