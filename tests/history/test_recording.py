"""Promise: every good row of an acknowledged message is in the store once, and no message stops those behind it."""

import asyncio
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from kandelia.base.errors import InvalidInput, TooMuch, Unavailable
from kandelia.base.quality import BAD_NO_DATA
from kandelia.base.samples import Kind, encode, make_batch
from kandelia.engines.memory.history import MemoryHistory
from kandelia.engines.nats.bus import NatsBus
from kandelia.kernel.connections.contracts import EDGE_STREAM, load_subject
from kandelia.kernel.signals.contracts import QUARANTINE_STREAM, Ask, Question
from kandelia.kernel.signals.logic.flushing import FlushRule
from kandelia.kernel.signals.plane.asking import ask
from tests.history.stand import (
    SECOND,
    T0,
    Stand,
    configure,
    document,
    floats,
    refusal,
    running_bus,
    running_server,
    running_stand,
    until,
    walk,
)


async def quarantined(bus: NatsBus) -> list[tuple[str, pa.Table]]:
    found = []
    async for message in bus.replay(QUARANTINE_STREAM):
        with pa.ipc.open_stream(message.data) as reader:
            found.append((message.subject, reader.read_all()))
    return found


async def test_rows_arrive_and_repeats_are_one_row(stand: Stand) -> None:
    batch = walk(1, 500)
    for name in ("a", "a", "b"):  # a retry of the writer, then the same content under another id
        await stand.send("red", batch, name)
    await stand.drained()
    rows = stand.rows([1])
    assert rows.num_rows == 500
    assert rows["value"].to_pylist() == batch.column("value").to_pylist()
    assert stand.recorder.figures.quarantined.total() == 0


async def test_clashing_values_are_both_kept_or_the_later_replaces(bus: NatsBus) -> None:
    await configure(bus, document("red", [50], id="other", clash="replace"))
    async with running_stand(bus, MemoryHistory()) as stand:
        for value in (9.0, 2.0, 5.0):
            await stand.send("red", floats([1, 50], [T0, T0], [value, value]))
        await stand.drained()
        kept, replaced = stand.rows([1]), stand.rows([50])
        assert kept["value"].to_pylist() == [2.0, 5.0, 9.0]
        assert set(kept["sequence"].to_pylist()) == {0}
        assert replaced["value"].to_pylist() == [9.0, 2.0, 5.0]  # in the order they came: the last counts


async def test_the_later_row_of_one_message_replaces_the_earlier(bus: NatsBus) -> None:
    await configure(bus, document("red", [50], id="other", clash="replace"))
    async with running_stand(bus, MemoryHistory()) as stand:
        await stand.send("red", floats([50, 50, 50], [T0, T0 + SECOND, T0], [9.0, 1.0, 3.0]))
        await stand.drained()
        assert stand.rows([50])["value"].to_pylist() == [3.0, 1.0]


async def test_poison_is_set_aside_and_good_rows_go_on(stand: Stand, bus: NatsBus) -> None:
    now = T0 + 10 * SECOND
    far = 9_220_000_000_000_000_000
    future = 4_000_000_000 * SECOND
    batch = make_batch(
        [1, 1, 1, 1, 201, 9_999, 1, 4_000_000_000],
        [now, -5, far, future, now, now, now + 1, now],
        kind=[1, 1, 1, 1, 1, 1, 4, 1],
        value=[7.0] * 6 + [0.0, 1.0],
        text=[""] * 6 + ["words", ""],
    )
    await stand.send("red", b"garbage")
    await stand.send("red", batch)
    await stand.send("red", walk(2, 10))
    await stand.drained()
    assert stand.rows([1])["value"].to_pylist() == [7.0]
    assert stand.rows([2]).num_rows == 10
    assert stand.rows([201]).num_rows == 0
    counts = stand.recorder.figures.quarantined
    assert counts == {
        "not-a-batch": 1,
        "time-range": 2,
        "future": 1,
        "foreign-signal": 1,
        "unknown-signal": 2,
        "wrong-kind": 1,
    }
    found = await quarantined(bus)
    assert {subject for subject, _ in found} == {"org.red.quarantine.edge"}
    rows = pa.concat_tables([table for _, table in found if "time" in table.column_names])
    assert sorted(rows["signal"].to_pylist()) == [1, 1, 1, 1, 201, 9_999, 4_000_000_000]
    garbage = next(table for _, table in found if "data" in table.column_names)
    assert garbage["data"].to_pylist() == [b"garbage"]
    assert "not a sample batch" in garbage["detail"][0].as_py()
    assert "quarantined" in stand.board.open


async def test_not_a_number_is_missing_with_bad_quality(stand: Stand) -> None:
    await stand.send("red", floats(1, [T0, T0 + 1, T0 + 2], [math.nan, math.inf, -math.inf]))
    await stand.drained()
    rows = stand.rows([1])
    assert rows["kind"].to_pylist() == [Kind.MISSING] * 3
    assert rows["quality"].to_pylist() == [BAD_NO_DATA] * 3
    assert rows["value"].to_pylist() == [0.0] * 3


async def test_a_signal_that_is_told_of_late_loses_nothing(stand: Stand) -> None:
    await stand.send("red", walk(150, 5))
    await asyncio.sleep(0.3)
    await configure(stand.bus, document("red", [150], id="late"))
    await stand.drained()
    assert stand.rows([150]).num_rows == 5
    assert stand.recorder.figures.quarantined.total() == 0


class Stubborn(MemoryHistory):
    """Fails as a full disk does, or refuses rows of one value as a defect in checking would show."""

    def __init__(self) -> None:
        super().__init__()
        self.failures = 0
        self.refuses: float | None = None
        self.appends = 0

    def append(self, rows: pa.Table) -> None:
        self.appends += 1
        if self.failures:
            self.failures -= 1
            raise Unavailable("No space left on device")
        if self.refuses is not None and (rows["value"].to_numpy() == self.refuses).any():
            raise InvalidInput("not this one")
        super().append(rows)


async def test_nothing_is_acknowledged_before_the_rows_are_kept(bus: NatsBus) -> None:
    history = Stubborn()
    history.failures = 2
    async with running_stand(bus, history) as stand:
        await stand.send("red", walk(1, 100))
        await until(lambda: history.appends == 1)
        assert (await bus.stream_state(EDGE_STREAM)).messages == 1
        assert "append-failed" in stand.board.open
        await stand.drained()
        assert stand.rows([1]).num_rows == 100
        await until(lambda: "append-failed" not in stand.board.open)


async def test_a_flush_without_rows_does_not_show_that_the_store_is_well(stand: Stand) -> None:
    stand.board.trouble("append-failed", "the disk is full", "make room")
    await stand.send("red", b"garbage")
    await stand.drained()
    assert "append-failed" in stand.board.open
    await stand.send("red", walk(1, 100))
    await until(lambda: "append-failed" not in stand.board.open)


async def test_rows_that_the_store_refuses_do_not_hold_up_others(bus: NatsBus) -> None:
    history = Stubborn()
    history.refuses = 13.0
    async with running_stand(bus, history, record=True, rule=FlushRule(10_000, 10_000_000, 0.5)) as stand:
        await stand.send("red", floats(1, [T0], [1.0]))
        await stand.send("red", floats(1, [T0 + 1], [13.0]))
        await stand.send("red", floats(1, [T0 + 2], [2.0]))
        await stand.drained()
        assert stand.rows([1])["value"].to_pylist() == [1.0, 2.0]
        assert stand.recorder.figures.quarantined == {"store-refused": 1}


class FullQuarantine:
    """The bus, but for a quarantine that takes nothing while `full`."""

    def __init__(self, bus: NatsBus) -> None:
        self._bus = bus
        self.full = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bus, name)

    async def store(self, subject: str, data: bytes, **options: Any) -> Any:
        if self.full and ".quarantine." in subject:
            raise TooMuch("the stream is full")
        return await self._bus.store(subject, data, **options)


async def test_a_message_with_bad_rows_waits_for_the_quarantine(bus: NatsBus) -> None:
    door = FullQuarantine(bus)
    async with running_stand(door, MemoryHistory()) as stand:  # type: ignore[arg-type]
        await stand.send("red", floats([1, 1], [T0, -1], [1.0, 2.0]))
        await stand.send("red", floats(2, [T0], [3.0]))
        await until(lambda: "quarantine-failed" in stand.board.open)
        await until(lambda: stand.rows([1]).num_rows == 1 and stand.rows([2]).num_rows == 1)
        await asyncio.sleep(0.2)
        assert (await bus.stream_state(EDGE_STREAM)).messages == 1
        door.full = False
        await stand.drained()
        assert stand.recorder.figures.quarantined == {"time-range": 1}


async def test_loaded_and_collected_rows_meet_in_one_store(stand: Stand, bus: NatsBus) -> None:
    await stand.send("red", walk(1, 100))
    await bus.store(load_subject("red", "s", "file"), encode(walk(1, 100)))
    await bus.store(load_subject("red", "s", "file"), encode(walk(1, 50, start_ns=T0 - 50 * SECOND)))
    await stand.drained()
    rows = stand.rows([1])
    assert rows.num_rows == 150
    assert np.all(np.diff(rows["time"].cast(pa.int64()).to_numpy()) == SECOND)


async def test_a_backlog_is_drained_in_large_appends(bus: NatsBus) -> None:
    history = Stubborn()
    async with running_stand(bus, history, record=False) as idle:
        for part in range(60):
            await idle.send("red", walk(1 + part, 2_000, seed=part))
    async with running_stand(bus, history, rule=FlushRule(100_000, 32_000_000, 0.3)) as stand:
        await stand.drained()
        assert history.appends <= 6
        assert history.size().rows == 120_000


@pytest.mark.slow
@pytest.mark.fault
async def test_recording_and_asking_go_on_after_the_bus_was_killed(tmp_path: Path) -> None:
    async with running_server(tmp_path) as server, running_bus(server, tmp_path) as bus:
        await configure(bus, document("red", range(1, 101)))
        async with running_stand(bus, MemoryHistory()) as stand:
            await stand.send("red", walk(1, 100))
            await stand.drained()
            await stand.send("red", walk(2, 100))  # may be in hand when the bus dies
            server.kill()
            await asyncio.sleep(0.5)
            await server.start()
            await bus.wait_connected(20)
            await configure(bus, document("red", range(1, 201), revision=2))
            await stand.send("red", walk(150, 100))
            await stand.drained(60)
            assert [stand.rows([number]).num_rows for number in (1, 2, 150)] == [100] * 3
            assert stand.snapshot.revisions()[1] == {"red.line": 2}
            async with asyncio.timeout(20):
                while await refusal(ask(bus, Question(Ask.LAST, "red", (150,)))) is not None:
                    await asyncio.sleep(0.2)
            await until(lambda: not [code for code in stand.board.open if code.startswith("stream-")])
