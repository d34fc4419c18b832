"""Promise: whatever a device answers, a poll gives values, a refusal or damage in words, and holds no more."""

import asyncio
import contextlib

from hypothesis import example, given, settings
from hypothesis import strategies as st

from kandelia.drivers.modbus.addresses import parse
from kandelia.drivers.modbus.config import ModbusConfig
from kandelia.drivers.modbus.frames import Cutter, Damaged, Refused, framed, read_answer
from kandelia.drivers.modbus.link import Gone, Link, Silent
from kandelia.drivers.modbus.plan import Limits, Wanted, group_of, pieces_of
from kandelia.drivers.modbus.polling import UnitPoller
from kandelia.sdk.drivers import InvalidInput, Item, Kind

HELD_MAX = 7 + 254  # the longest answer that is not complete
ADDRESSES = (
    "holding=0;type=float32",
    "holding=2;type=int64;order=DCBA",
    "holding=8;type=bcd32",
    "holding=10;type=string;length=9",
    "holding=16;bit=3",
    "input=1;scale=0.1",
    "coil=3",
    "discrete=17",
)
KINDS = {3: Kind.TEXT, 4: Kind.BOOLEAN, 6: Kind.BOOLEAN}
ITEMS = [Wanted(Item(n, text, KINDS.get(n, Kind.FLOAT), 1_000), parse(text)) for n, text in enumerate(ADDRESSES)]
LIMITS = Limits(8, 125, 2_000)
REQUESTS = [block.request for block in group_of(1_000, pieces_of(ITEMS, LIMITS)).blocks]


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Frames, good ones now and then, with bytes changed, cut or put in."""
    data = bytearray()
    for _ in range(draw(st.integers(1, 4))):
        request = draw(st.sampled_from(REQUESTS))
        size = draw(st.sampled_from([2 * request[4], (request[4] + 7) // 8, 0, 255]))
        body = bytes([draw(st.sampled_from([request[0], request[0] | 0x80, 0, 255])), size & 255])
        body += draw(st.binary(min_size=0, max_size=size))
        data += framed(draw(st.integers(0, 6)), draw(st.sampled_from([1, 1, 1, 0, 255])), body)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return bytes(data)


@given(st.lists(st.one_of(answers(), st.binary(max_size=300)), max_size=5))
@example([b"\0\1\0\0\0\3\1\x83\2"])
@example([b"\0\1\0\0\xff\xff\1"])
def test_a_stream(chunks: list[bytes]) -> None:
    cutter = Cutter()
    for chunk in chunks:
        with contextlib.suppress(Damaged):
            for _, _, pdu in cutter.feed(chunk):
                assert 2 <= len(pdu) <= 253
        assert len(cutter._rest) < HELD_MAX


@given(st.sampled_from(range(len(REQUESTS))), st.binary(max_size=260))
def test_answers(place: int, pdu: bytes) -> None:
    group = group_of(1_000, pieces_of(ITEMS, LIMITS))
    with contextlib.suppress(Damaged, Refused):
        group.take(place, read_answer(REQUESTS[place], pdu))
    values, qualities = group.rows()
    assert len(values) == len(qualities) == len(ITEMS)


@settings(max_examples=settings().max_examples // 2)
@given(st.lists(answers(), max_size=6))
def test_a_unit_whose_device_says_anything(chunks: list[bytes]) -> None:
    """A poller over a link without a network: each request is met with the next chunk."""

    class Wire:
        def __init__(self) -> None:
            self.left = list(chunks)

        def write(self, _data: bytes) -> None:
            if self.left:
                asyncio.get_running_loop().call_soon(link.data_received, self.left.pop(0))

        def abort(self) -> None:
            self.left.clear()

    class Kept:
        def add(self, numbers, times_ns, qualities, values, lost_before=()) -> None:
            assert len(numbers) == len(times_ns) == len(qualities) == len(values)

        def alive(self) -> None: ...

        def dropped(self, count: int) -> None: ...

        def fault(self, what: str) -> None:
            assert what

    async def poll() -> None:
        nonlocal link
        config = ModbusConfig("device", timeout_s=0.001)
        link = Link(config)
        link.connection_made(Wire())  # type: ignore[arg-type]
        poller = UnitPoller(1, link, config, Kept())
        poller.change(ITEMS, Kept())
        with contextlib.suppress(Gone, Silent):
            await poller._read(1_000)
        link.lose("the end")
        assert not link._waiting

    link: Link = None  # type: ignore[assignment]
    asyncio.run(poll())


@given(st.text(max_size=80))
def test_addresses(text: str) -> None:
    with contextlib.suppress(InvalidInput):
        assert parse(str(parse(text))) == parse(text)
