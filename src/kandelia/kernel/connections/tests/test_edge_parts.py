"""Promise: the parts of an edge keep their bounds: back-off, what is held, what is kept on disk, worker threads."""

import asyncio
import os
import random
import stat
import struct
import threading
from pathlib import Path

import msgspec
import numpy as np
import pytest

from kandelia.base.clock import SystemClock
from kandelia.base.errors import Unavailable
from kandelia.base.quality import BAD_DATA_LOST
from kandelia.base.samples import Kind, decode, make_batch, times_ns
from kandelia.kernel.connections.contracts import ConnectionDocument, SignalEntry, State
from kandelia.kernel.connections.drivers import Item, Node
from kandelia.kernel.connections.logic.backoff import DELAY_FIRST_S, DELAY_MAX_S, STABLE_S, BackOff
from kandelia.kernel.connections.logic.holding import MESSAGE_BYTES_MAX, Held, HoldQueue, messages_of
from kandelia.kernel.connections.logic.roster import Roster
from kandelia.kernel.connections.logic.standing import Standing
from kandelia.kernel.connections.plane import deadlines, supervision
from kandelia.kernel.connections.plane.blocking import Worker
from kandelia.kernel.connections.plane.browsing import ANSWER_BYTES_MAX, encoded
from kandelia.kernel.connections.plane.discovery import Drivers
from kandelia.kernel.connections.plane.inlet import Inlet
from kandelia.kernel.connections.plane.keeping import KeptDocuments, LastSeen, ProofFile, replace_file
from kandelia.kernel.connections.plane.outlet import Budget, Outlet
from kandelia.kernel.connections.plane.supervision import Supervised


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


def test_a_file_replaced_is_on_disk_with_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    sync = os.fsync

    def told(opened: int) -> None:
        synced.append("directory" if stat.S_ISDIR(os.fstat(opened).st_mode) else "file")
        sync(opened)

    monkeypatch.setattr(os, "fsync", told)
    replace_file(tmp_path / "deep" / "one", b"1")
    assert synced == ["file", "directory"] and (tmp_path / "deep" / "one").read_bytes() == b"1"


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
    known = roster([1, 2, 3])
    known.newest_ns[:] = (40, 50, 60)
    known.note_stored(np.array([1, 2, 3, 9]), np.array([40, 45, 60, 1]))
    file.write(80, known, waiting=[3])
    seen = ProofFile(file.file).read()
    assert seen is not None and seen.open_ns == {2: 45, 3: 60}, "one held for the bus, one not in a batch yet"
    whole = file.file.read_bytes()
    for damaged in (b"", whole[:-1], b"x" + whole[1:], whole + b"x"):
        file.file.write_bytes(damaged)
        assert ProofFile(file.file).read() is None
    file.file.write_bytes(struct.pack("<8sqqqqq", b"kandpf01", 60, 0, 1, 7, 44))
    assert ProofFile(file.file).read() == LastSeen(60, False, {7: 44}), "as an earlier version wrote it"
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

    async with asyncio.timeout(60):
        with pytest.raises(Unavailable, match=r"listening took longer than 0.1 s"):
            await deadlines.within(0.1, "listening", deaf())
    done.set()


class SlowBus:
    """Takes one message each `pause_s`, or fails in a way nobody foresaw."""

    def __init__(self, pause_s: float = 0.0, faults: int = 0) -> None:
        self.pause_s, self.faults, self.taken = pause_s, faults, 0

    async def store(self, subject: str, data: bytes, *, message_id: str = "", timeout_s: float = 5.0) -> None:
        await asyncio.sleep(self.pause_s)
        if self.faults:
            self.faults -= 1
            raise RuntimeError("nobody foresaw this")
        self.taken += 1


def outlet_to(bus: object, bytes_max: int) -> Outlet:
    return Outlet(bus, "org.a.site.s.edge.c", SystemClock(), Budget(60.0, bytes_max), lambda: None)  # type: ignore[arg-type]


async def test_a_bus_slower_than_the_source_fills_no_memory() -> None:
    outlet = outlet_to(SlowBus(pause_s=0.05), bytes_max=30_000)
    running = asyncio.create_task(outlet.run())
    for step in range(400):
        outlet.put(make_batch([1], [step], value=float(step)))
    async with asyncio.timeout(60):
        while outlet.queue.bytes > 30_000:
            await asyncio.sleep(0.02)
    running.cancel()
    assert outlet.queue.lost > 300, "and what was dropped is counted"


class NoSecrets:
    """A keeper that holds nothing."""

    def get(self, name: str) -> bytes | None:
        return None

    def put(self, name: str, secret: bytes) -> None:
        raise AssertionError(name)

    def remove(self, name: str) -> None:
        raise AssertionError(name)

    def ensure(self, name: str, length: int = 32) -> bytes:
        raise AssertionError(name)


def supervised(outlet: Outlet, directory: Path) -> Supervised:
    document = ConnectionDocument("c", "a", "s", "scripted", 1, enabled=False)
    inlet = Inlet("a.c", SystemClock(), 0.01, 100, outlet.put)
    return Supervised(
        document,
        Drivers(directory, {}),
        NoSecrets(),
        SystemClock(),
        inlet,
        outlet,
        ProofFile(directory / "p"),
    )


async def test_the_way_to_the_bus_outlives_what_nobody_foresaw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervision, "PUMP_RETRY_S", 0.01)
    bus = SlowBus(faults=2)
    one = supervised(outlet_to(bus, 10**6), tmp_path)
    running = asyncio.create_task(one.run())
    one.outlet.put(make_batch([1], [1], value=1.0))
    async with asyncio.timeout(60):
        while not bus.taken:
            await asyncio.sleep(0.01)
    running.cancel()
    assert one.standing.errors == 2 and not one.outlet.queue.lost


async def test_a_proof_that_cannot_be_kept_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = supervised(outlet_to(SlowBus(), 10**6), tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(one.proofs, "write", full)
    one.inlet.alive()
    one.note_proof()


def test_a_browse_answer_fits_the_bus() -> None:
    nodes = [Node(f"ns=1;i={place}", "长" * 2_000, has_children=False) for place in range(1_500)]
    data = encoded(nodes)
    shown = msgspec.json.decode(data, type=list[Node])
    assert len(data) <= ANSWER_BYTES_MAX and shown[-1].details == {"left_out": str(1_500 - len(shown) + 1)}
    assert len(msgspec.json.decode(encoded(nodes[:20]), type=list[Node])) == 20


def test_words_of_a_device_that_are_no_text_can_be_told() -> None:
    """Bytes that are no UTF-8 come as lone surrogates, which no JSON takes."""
    damaged = b"line \xff\xfe".decode("utf-8", "surrogateescape")
    standing = Standing(SystemClock())
    standing.fail(State.BACKING_OFF, Unavailable(damaged, where=damaged, mend=damaged))
    document = ConnectionDocument("c", "a", "s", "d", 1, signals=(SignalEntry(1, "m.a", Kind.FLOAT),))
    standing.refuse(document, {1: damaged})
    told = (standing.error, standing.mend, standing.items_refused)
    assert b"line ??" in msgspec.json.encode(told)
    node = Node(damaged, damaged, has_children=False, unit=damaged, details={damaged: damaged})
    assert msgspec.json.decode(encoded([node]), type=list[Node])[0].name == "line ??"
