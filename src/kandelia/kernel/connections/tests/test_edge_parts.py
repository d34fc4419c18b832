"""Promise: the parts of an edge keep their bounds: back-off, what is held, what is kept on disk, worker threads."""

import asyncio
import random
import threading
from pathlib import Path

import numpy as np
import pytest

from kandelia.base.errors import Unavailable
from kandelia.base.quality import BAD_DATA_LOST
from kandelia.base.samples import Kind, decode, make_batch, times_ns
from kandelia.kernel.connections.contracts import ConnectionDocument
from kandelia.kernel.connections.drivers import Item
from kandelia.kernel.connections.logic.backoff import DELAY_FIRST_S, DELAY_MAX_S, STABLE_S, BackOff
from kandelia.kernel.connections.logic.holding import MESSAGE_BYTES_MAX, Held, HoldQueue, messages_of
from kandelia.kernel.connections.logic.roster import Roster
from kandelia.kernel.connections.plane import deadlines
from kandelia.kernel.connections.plane.blocking import Worker
from kandelia.kernel.connections.plane.keeping import KeptDocuments, ProofFile


def test_delays_double_within_bounds_and_start_afresh() -> None:
    backoff = BackOff(random.Random(7))
    delays = [backoff.delay_s() for _ in range(2_000)]
    assert all(DELAY_FIRST_S / 2 <= delay <= DELAY_MAX_S for delay in delays)
    assert delays[0] <= DELAY_FIRST_S and min(delays[10:]) >= DELAY_MAX_S / 2
    backoff.stood(STABLE_S - 1)
    assert backoff.delay_s() > DELAY_FIRST_S
    backoff.stood(STABLE_S)
    assert backoff.delay_s() <= DELAY_FIRST_S


def held(name: str, first: int, cut_s: float) -> Held:
    batch = make_batch([1, 2], [first + 1, first], value=[1.0, 2.0])
    return Held(name, messages_of(batch)[0][0], 2, cut_s)


def test_what_is_held_goes_oldest_first_and_its_loss_is_remembered() -> None:
    queue = HoldQueue()
    for place in range(5):
        queue.push(held(f"m{place}", 100 * place, float(place)))
    assert [one.id for one in queue.front(3)] == ["m0", "m1", "m2"]
    queue.done({"m1"})
    assert [one.id for one in queue.waiting] == ["m0", "m2", "m3", "m4"]
    assert queue.shed(now_s=10.0, hold_s=7.5, bytes_max=10**9) == 4
    assert [one.id for one in queue.waiting] == ["m3", "m4"] and queue.lost == 4
    marks = queue.loss_marks()
    assert marks is not None and queue.loss_marks() is None
    assert dict(zip(marks.column("signal").to_pylist(), times_ns(marks).tolist(), strict=True)) == {1: 1, 2: 0}
    assert set(marks.column("quality").to_pylist()) == {BAD_DATA_LOST}
    assert queue.shed(0.0, 100.0, bytes_max=len(queue.waiting[0].data)) == 2
    assert queue.bytes == sum(len(one.data) for one in queue.waiting)


def test_messages_stay_under_the_bus_limit() -> None:
    batch = make_batch(1, np.arange(1_000), kind=Kind.TEXT, text=["长" * 1_300] * 1_000)
    messages = messages_of(batch)
    assert len(messages) > 1 and all(len(data) <= MESSAGE_BYTES_MAX for data, _ in messages)
    assert sum(decode(data).num_rows for data, _ in messages) == 1_000


def roster(numbers: list[int]) -> Roster:
    return Roster.of(Item(number, "", Kind.FLOAT, 100) for number in numbers)


def test_proofs_survive_and_damage_is_no_proof(tmp_path: Path) -> None:
    file = ProofFile(tmp_path / "line1.proof")
    assert file.read() is None
    known = roster([3, 1])
    file.write(50, known)
    known.newest_ns[0] = 44
    file.write(60, known)
    seen = ProofFile(file.file).read()
    assert seen is not None and (seen.proof_ns, seen.orderly, seen.newest_ns) == (60, False, {1: 44})
    file.write(70, roster([1, 2, 3]), orderly=True)
    seen = ProofFile(file.file).read()
    assert seen is not None and seen.orderly and seen.newest_ns == {}
    whole = file.file.read_bytes()
    for damaged in (b"", whole[:-1], b"x" + whole[1:], whole + b"x"):
        file.file.write_bytes(damaged)
        assert ProofFile(file.file).read() is None
    file.remove()
    file.sync()


def test_documents_are_kept_and_a_damaged_one_is_left_out(tmp_path: Path) -> None:
    kept = KeptDocuments(tmp_path)
    document = ConnectionDocument("line1", "main", "plant", "opcua", 3)
    kept.keep("main.line1", document)
    kept.keep("main.line2", document)
    (tmp_path / "main.line2.document").write_bytes(b"rubbish")
    assert kept.load() == {"main.line1": document}
    kept.keep("main.line1", None)
    kept.keep("main.line1", None)
    assert kept.load() == {}


async def test_a_worker_that_hangs_is_given_up_at_its_deadline() -> None:
    worker, release = Worker("plc"), threading.Event()
    assert await worker.call(lambda a, b: a + b, 1, 2, deadline_s=5) == 3
    with pytest.raises(ZeroDivisionError):
        await worker.call(lambda: 1 / 0, deadline_s=5)
    with pytest.raises(Unavailable, match=r"did not return within 0\.1 s"):
        await worker.call(release.wait, 20, deadline_s=0.1)
    with pytest.raises(Unavailable):
        await worker.call(lambda: 1, deadline_s=5)
    worker.close()
    worker.close()
    release.set()


async def test_a_coroutine_that_ignores_its_cancellation_is_abandoned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "CANCEL_S", 0.1)
    done = asyncio.Event()

    async def deaf() -> None:
        while not done.is_set():
            try:
                await done.wait()
            except asyncio.CancelledError:
                continue

    async with asyncio.timeout(2):
        with pytest.raises(Unavailable, match=r"listening took longer than 0.1 s"):
            await deadlines.within(0.1, "listening", deaf())
    done.set()
