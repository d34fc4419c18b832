"""The directory is owned by one, a missing library is said plainly, and signals stay the process's own."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from kandelia.base.errors import Conflict, KandeliaError, SettingsError, TooMuch, Unavailable
from kandelia.base.samples import make_batch
from kandelia.engines.chdb import library
from kandelia.engines.chdb.history import ChdbHistory
from kandelia.engines.chdb.library import in_our_words, load_session_class
from kandelia.ports.history import RAW_SCHEMA, Reading, Window
from tests.contracts.history_rows import DAY, SECOND, T0, floats, stored

EVER = Window(0, 2**63 - 1)
ENDLESS = """SELECT toUInt32(1) AS signal, toDateTime64(0, 9, 'UTC') AS time, toInt64(0) AS lag_ms,
    toUInt16(0) AS quality,
    toUInt8(1) AS kind, toFloat64(sum(number)) AS value, toInt64(0) AS integer, '' AS text, toUInt64(0) AS sequence
FROM numbers(1000000000000)"""
FAILING_LATE = """SELECT toUInt32(666) AS signal, toDateTime64(0, 9, 'UTC') AS time, toInt64(0) AS lag_ms,
    toUInt16(0) AS quality, toUInt8(1) AS kind, toFloat64(throwIf(number = 300000)) AS value, toInt64(0) AS integer,
    '' AS text, toUInt64(0) AS sequence FROM numbers(400000)"""


@pytest.fixture
def history(tmp_path: Path) -> Iterator[ChdbHistory]:
    kept = ChdbHistory(tmp_path / "历史 1")
    yield kept
    kept.close()


def test_another_process_cannot_open_the_directory(history: ChdbHistory, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from kandelia.engines.chdb.history import ChdbHistory\n"
        "from kandelia.base.errors import Conflict\n"
        "try: ChdbHistory(Path(sys.argv[1]))\n"
        "except Conflict as error: print(error)"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "历史 1"], capture_output=True, text=True, check=True
    )
    assert "another history has this directory open" in said.stdout


def test_one_process_keeps_one_history(history: ChdbHistory, tmp_path: Path) -> None:
    with pytest.raises(Conflict, match="another history"):
        ChdbHistory(tmp_path / "second")
    with pytest.raises(Conflict, match="open"):
        ChdbHistory(tmp_path / "历史 1")


def test_a_closed_history_opens_again(tmp_path: Path) -> None:
    for turn in range(3):
        history = ChdbHistory(tmp_path / "h")
        history.append(floats(1, [T0 + turn], [1.0]))
        assert sum(batch.num_rows for batch in history.raw([1], EVER, Reading())) == turn + 1
        history.close()


def test_a_path_that_the_library_would_misread_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="path"):
        ChdbHistory(tmp_path / "a?b")


def test_the_placeholder_of_the_library_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "VERSION", "99.0")
    with pytest.raises(SettingsError, match=r"kandelia\[history\]"):
        load_session_class()


def test_a_missing_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "chdb.session", None)
    with pytest.raises(SettingsError, match="cannot be used here"):
        load_session_class()


async def test_asyncio_still_hears_sigint_and_sigterm(history: ChdbHistory) -> None:
    heard: list[int] = []
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, heard.append, number)
    try:
        history.append(floats(1, [T0], [1.0]))
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.sleep(0.2)
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
    assert heard == [signal.SIGINT, signal.SIGTERM]


def test_ctrl_c_reaches_python_after_opening(tmp_path: Path) -> None:
    program = (
        "import os, signal, sys, time; from pathlib import Path\n"
        "from kandelia.engines.chdb.history import ChdbHistory\n"
        "history = ChdbHistory(Path(sys.argv[1]))\n"
        "try:\n os.kill(os.getpid(), signal.SIGINT); time.sleep(5); print('deaf')\n"
        "except KeyboardInterrupt: print('heard')\n"
        "history.close()"
    )
    said = subprocess.run([sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True)
    assert said.stdout == "heard\n"


def ask(history: ChdbHistory, sql: str, reading: Reading) -> list:
    with history._readers.read(reading) as asking:
        return list(asking.ask(sql, {}, RAW_SCHEMA))


def test_a_query_that_fails_after_rows_came_leaks_into_nobody(history: ChdbHistory) -> None:
    history.append(floats(1, [T0], [42.0]))
    for _ in range(4):
        with pytest.raises(KandeliaError):
            ask(history, FAILING_LATE, Reading())
        answer = [row for batch in history.raw([1], EVER, Reading()) for row in batch.column("signal").to_pylist()]
        assert answer == [1]


def test_a_computing_query_is_cancelled_from_another_thread_within_a_second(history: ChdbHistory) -> None:
    reading = Reading()
    threading.Timer(0.3, reading.cancelled.set).start()
    started = time.monotonic()
    with pytest.raises(Unavailable, match="cancelled"):
        ask(history, ENDLESS, reading)
    assert time.monotonic() - started < 1.3


def test_a_deadline_ends_a_computing_query(history: ChdbHistory) -> None:
    started = time.monotonic()
    with pytest.raises(TooMuch, match=r"more than 0\.5 s"):
        ask(history, ENDLESS, Reading(seconds_max=0.5))
    assert time.monotonic() - started < 2


def test_closing_ends_a_computing_query(history: ChdbHistory) -> None:
    threading.Timer(0.3, history.close).start()
    started = time.monotonic()
    with pytest.raises(Unavailable):
        ask(history, ENDLESS, Reading())
    assert time.monotonic() - started < 3


def test_memory_is_bounded(history: ChdbHistory) -> None:
    times = T0 + np.arange(400_000) * SECOND
    history.append(stored(make_batch(np.arange(400_000) % 50, times, value=np.arange(400_000.0))))
    with pytest.raises(TooMuch, match="memory"):
        list(history.aggregate(range(50), Window(T0, T0 + 5 * DAY), DAY, Reading(memory_bytes_max=4_000_000)))


def test_waiting_for_a_reader_has_the_same_deadline(tmp_path: Path) -> None:
    history = ChdbHistory(tmp_path, readers=1)
    history.append(floats(1, [T0], [1.0]))
    answer = history.raw([1], EVER, Reading())
    next(answer)
    with pytest.raises(TooMuch):
        list(history.raw([1], EVER, Reading(seconds_max=0.2)))
    answer.close()
    assert list(history.raw([1], EVER, Reading()))
    history.close()


def test_errors_are_in_our_words() -> None:
    text = "Code: 241. DB::Exception: Query memory limit exceeded: would use 9 GiB. (MEMORY_LIMIT_EXCEEDED)"
    assert in_our_words(RuntimeError(text)).code == "too-much-memory"
    assert in_our_words(RuntimeError("no idea")).code == "history-failed"
