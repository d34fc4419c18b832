"""Promise: the data plane knows each number's signal, follows changes, and outlives damaged documents."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from kandelia.base.samples import Kind
from kandelia.kernel.connections.contracts import ConnectionDocument, SignalEntry, connection_key, encode_document
from kandelia.kernel.connections.logic.numbers import NUMBER_MAX
from kandelia.kernel.connections.plane.snapshot import Snapshot
from kandelia.ports.bus import Entry


class Board:
    def __init__(self) -> None:
        self.open: dict[str, str] = {}

    def trouble(self, code: str, what: str, mend: str) -> None:
        self.open[code] = what

    def mended(self, code: str) -> None:
        self.open.pop(code, None)


def document(name: str, numbers: Any, organisation: str = "red", revision: int = 1) -> ConnectionDocument:
    signals = tuple(SignalEntry(int(n), f"m.s{n}", Kind.FLOAT, retention=int(n) % 3) for n in numbers)
    return ConnectionDocument(name, organisation, "s1", "opcua", revision, signals=signals)


def put(snapshot: Snapshot, one: ConnectionDocument) -> None:
    snapshot.take(Entry(connection_key(one.organisation, one.id), encode_document(one), 1))


OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["p", "q", "r"]), st.none() | st.sets(st.integers(1, 3_000), max_size=8)), max_size=12
)


@settings(deadline=None)
@given(OPERATIONS)
def test_numbers_belong_to_whom_the_documents_say(operations: list[tuple[str, set[int] | None]]) -> None:
    snapshot = Snapshot(Board())
    held: dict[int, str] = {}
    for name, numbers in operations:
        key = f"red.{name}"
        held = {number: owner for number, owner in held.items() if owner != key}
        if numbers is None:
            snapshot.take(Entry(key, None, 1))
        else:
            put(snapshot, document(name, sorted(numbers)))
            held |= dict.fromkeys(numbers, key)
    assert {n: snapshot.numbers.connection_of(n) for n in snapshot.numbers.owners()} == held
    assert snapshot.numbers.signals == len(held)


def test_unknown_numbers_belong_to_nobody() -> None:
    snapshot = Snapshot(Board())
    put(snapshot, document("p", [5]))
    known = snapshot.numbers.look_up(np.array([0, 5, 6, 4_000_000_000], np.uint32))
    assert known.owner.tolist() == [-1, 0, -1, -1]
    assert known.retention[1] == 2
    assert snapshot.numbers.owned("red", np.array([5]))
    assert not snapshot.numbers.owned("red", np.array([5, -1]))
    assert not snapshot.numbers.owned("blue", np.array([5]))


def test_a_damaged_document_leaves_the_last_good_one() -> None:
    board = Board()
    snapshot = Snapshot(board)
    put(snapshot, document("p", [5]))
    for data in (
        b"",
        b"garbage",
        encode_document(document("q", [6])),
        encode_document(document("p", [NUMBER_MAX + 1])),
    ):
        snapshot.take(Entry("red.p", data, 2))
        assert "red.p" in board.open["snapshot-damaged"]
        assert snapshot.numbers.connection_of(5) == "red.p"
    assert snapshot.revisions() == ({"red.p": 2}, {"red.p": 1})
    put(snapshot, document("p", [7], revision=2))
    assert board.open == {}
    assert snapshot.revisions() == ({"red.p": 2}, {"red.p": 2})


def test_a_number_is_never_taken_from_another_organisation() -> None:
    board = Board()
    snapshot = Snapshot(board)
    put(snapshot, document("p", [5]))
    put(snapshot, document("p", [5, 6], organisation="blue"))
    assert "blue.p" in board.open["snapshot-damaged"]
    assert snapshot.numbers.owners() == {5: "red"}


def test_changes_are_told_with_whole_documents() -> None:
    told: list[tuple[str, ConnectionDocument | None]] = []
    snapshot = Snapshot(Board(), on_change=lambda key, one: told.append((key, one)))
    first = document("p", [5])
    put(snapshot, first)
    put(snapshot, replace(first, revision=2))
    snapshot.take(Entry("red.p", None, 3))
    assert told == [("red.p", first), ("red.p", replace(first, revision=2)), ("red.p", None)]
    assert snapshot.documents == {}


def test_many_signals_are_taken_within_a_breath() -> None:
    snapshot = Snapshot(Board(), keep_documents=False)
    data = encode_document(document("p", range(1, 200_001)))
    started = time.monotonic()
    snapshot.take(Entry("red.p", data, 1))
    assert time.monotonic() - started < 20
    assert snapshot.numbers.signals == 200_000
