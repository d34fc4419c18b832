"""Promise: derived samples are the same however their inputs come, come once over every kill, and limits tell once."""

import asyncio
import contextlib
from contextlib import asynccontextmanager

import numpy as np
import pytest

from kandelia.base.clock import SystemClock
from kandelia.base.samples import Kind, encode, make_batch
from kandelia.engines.memory.history import MemoryHistory
from kandelia.kernel.connections.contracts import edge_subject
from kandelia.kernel.events.contracts import EVENTS_STREAM
from kandelia.kernel.events.logic.cloudevents import decode
from kandelia.kernel.rules.contracts import RECORDED_STREAM, RULES_BUCKET, DerivedEntry, RulesDocument, encode_rules
from kandelia.kernel.rules.logic.checking import Known, check
from kandelia.kernel.rules.logic.limits import LimitEntry, LimitKind
from kandelia.kernel.rules.plane.forwarding import Forwarder
from kandelia.kernel.rules.plane.working import Working
from kandelia.kernel.signals.plane.asking import ask
from tests.history.stand import SECOND, T0, configure, document, running_stand

DEADLINE_S = 60.0
ACK_WAIT_S = 2.0  # what a kill leaves in hand comes again this late
INPUTS = {"a": Known(1, Kind.FLOAT), "b": Known(2, Kind.FLOAT)}
RATIO, MEAN, TWICE = 11, 12, 13


def derived(number, text, hold_s=100, lateness_s=2, known=INPUTS):
    checked = check(text, known.get)
    kinds = {one.number: one.kind for one in known.values()}
    inputs = tuple((one, kinds[one]) for one in checked.inputs)
    return DerivedEntry(
        number, checked.kind, checked.root, inputs, checked.window_ns, hold_s * SECOND, lateness_s * SECOND
    )


DERIVED = (
    derived(RATIO, "{a} / {b}"),
    derived(MEAN, "avg({a}, 10s) + delta({b}, 10s)"),
    derived(TWICE, "{r} * 2", known={"r": Known(RATIO, Kind.FLOAT)}),
)
LIMITS = (LimitEntry(5, 1, "red.m.s1", LimitKind.HIGH, 90.0, dead_band=5.0, severity=700),)


async def define(bus, *entries, limits=()):
    bucket = await bus.key_value(RULES_BUCKET)
    await bucket.put("red", encode_rules(RulesDocument("red", "s", entries, tuple(limits))))


async def until(check, what):
    async with asyncio.timeout(DEADLINE_S):
        while not await check():
            await asyncio.sleep(0.05)
    assert what


@asynccontextmanager
async def working(stand, *, killed=False):
    """The rules role's work; killed: ended in the middle of whatever it does."""
    made = Working(stand.bus, SystemClock(), stand.board, ask, ack_wait_s=ACK_WAIT_S)
    task = asyncio.create_task(made.run())
    try:
        yield made
    finally:
        if killed:
            task.cancel()
        made.stop()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@asynccontextmanager
async def forwarding(stand):
    forwarder = Forwarder(stand.bus, stand.board)
    stand.recorder._recorded = forwarder.forward
    task = asyncio.create_task(forwarder.run())
    try:
        await asyncio.wait_for(forwarder.following.ready.wait(), DEADLINE_S)
        yield forwarder
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def rules(bus):
    """Signals 1 and 2 measured, 11 to 13 derived."""
    outputs = document("red", (RATIO, MEAN, TWICE), id="unconnected", clash="replace")
    await configure(bus, document("red", (1, 2)), outputs)
    await define(bus, *DERIVED, limits=LIMITS)
    async with running_stand(bus, MemoryHistory()) as stand, forwarding(stand):
        yield stand


async def settled(stand):
    """Until nothing is on the way from anywhere to anywhere."""

    async def quiet():
        await stand.drained(DEADLINE_S)
        consumer = await stand.bus.consumer(RECORDED_STREAM, "rules", ack_wait_s=ACK_WAIT_S)
        return not await consumer.pending() and not any(
            [(await stand.bus.stream_state(name)).messages for name in ("EDGE", "LOAD")]
        )

    await until(quiet, "it is quiet")


def newest_by_time(stand, number):
    """What history answers: of each instant the last row."""
    found = {}
    for row in stand.rows([number]).to_pylist() if stand.rows([number]).num_rows else []:
        found[row["time"].value if hasattr(row["time"], "value") else row["time"]] = (row["kind"], row["value"])
    return found


def samples(seed=1):
    """Two signals at different beats, old enough that every window is closed."""
    chance = np.random.default_rng(seed)
    times_a = T0 + np.arange(0, 60) * SECOND
    times_b = T0 + np.arange(0, 60, 3) * SECOND + SECOND // 2
    return [
        *((1, int(at), float(value)) for at, value in zip(times_a, chance.integers(1, 80, 60), strict=True)),
        *((2, int(at), float(value)) for at, value in zip(times_b, chance.integers(1, 9, 20), strict=True)),
    ]


async def send(stand, rows, pieces):
    for piece in np.array_split(np.arange(len(rows)), pieces):
        numbers, times, values = zip(*(rows[place] for place in piece), strict=True)
        batch = make_batch(np.array(numbers), np.array(times, np.int64), value=np.array(values))
        await stand.bus.store(edge_subject("red", "s", "line"), encode(batch))


async def expected_rows(stand):
    """Both derived signals over the whole stretch at once, from the rows that history holds."""
    async with working(stand) as made:
        await asyncio.wait_for(made.following.ready.wait(), DEADLINE_S)
        async with made._turn:
            await made._define()
            deriving = made.plants["red"].deriving
            deriving.memory.forget(list(deriving.entries))
            await deriving._begin(SystemClock().now_ns())
            outputs = [await deriving.anew(number, T0, T0 + 80 * SECOND) for number in (RATIO, MEAN)]
    return outputs


async def test_shuffled_and_late_rows_give_what_history_gives_at_once(bus):
    outputs = document("red", (RATIO, MEAN, TWICE), id="unconnected", clash="replace")
    await configure(bus, document("red", (1, 2)), outputs)
    await define(bus, *DERIVED)
    async with running_stand(bus, MemoryHistory()) as stand, forwarding(stand), working(stand):
        rows = samples()
        await send(stand, sorted(rows, key=lambda row: row[1])[:40], 4)
        await settled(stand)
        rest = sorted(rows, key=lambda row: row[1])[40:]
        np.random.default_rng(7).shuffle(rest)
        await send(stand, [(int(n), int(t), float(v)) for n, t, v in rest], 9)
        await settled(stand)
        assert len(newest_by_time(stand, RATIO)) == 80
        assert not any(await expected_rows(stand)), "history gives nothing that differs"


async def test_kills_lose_and_double_nothing(rules):
    rows = sorted(samples(), key=lambda row: row[1])
    for turn in range(4):
        async with working(rules, killed=True) as made:
            await send(rules, rows[turn * 20 : turn * 20 + 20], 5)
            await until(lambda made=made: _took(made), "some were taken")  # and the rest when it is back
    async with working(rules):
        await settled(rules)
    assert len(newest_by_time(rules, RATIO)) == 80
    assert not any(await expected_rows(rules))


async def _took(made):
    return made.figures.rows > 0


async def test_rows_that_come_again_are_not_written_again(rules):
    rows = sorted(samples(), key=lambda row: row[1])
    async with working(rules):
        await send(rules, rows, 2)
        await settled(rules)
    before = {number: rules.rows([number]).num_rows for number in (RATIO, MEAN, TWICE)}
    async with working(rules):
        await send(rules, rows, 3)
        await settled(rules)
    assert {number: rules.rows([number]).num_rows for number in (RATIO, MEAN, TWICE)} == before


async def told(bus):
    found = []
    async for message in bus.replay(EVENTS_STREAM, subject="org.red.events.kandelia.limit.*"):
        event = decode(message.data)
        found.append((event.type.rpartition(".")[2], (event.time_ns - T0) // SECOND, event.data["value"]))
    return found


async def test_a_limit_is_told_once_over_restarts(rules):
    async def sent(*rows):
        await send(rules, [(1, T0 + at * SECOND, float(value)) for at, value in rows], 1)

    async with working(rules):
        await sent((1, 50), (2, 95))
        await settled(rules)
    assert await told(rules.bus) == [("raised", 2, 95.0)]
    async with working(rules):
        await sent((1, 50), (2, 95), (3, 88))
        await settled(rules)
        assert await told(rules.bus) == [("raised", 2, 95.0)]
        await sent(
            (4, 70),
        )
        await settled(rules)
    assert await told(rules.bus) == [("raised", 2, 95.0), ("cleared", 4, 70.0)]
