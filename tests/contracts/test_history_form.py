"""A history written in on-disk form 1 opens in every later version, with every row as it was written."""

import hashlib
import importlib.util
import tarfile
from pathlib import Path

import pyarrow as pa

from kandelia.engines.chdb.history import ChdbHistory
from kandelia.engines.memory.history import MemoryHistory
from kandelia.ports.history import History, Reading, Window
from tests.contracts.history_rows import DAY, T0, floats, plain

FORM = Path(__file__).parents[1] / "fixtures" / "history-1"
RAW_SHA256 = "7f14fd1c39798f75a5f9ea00f547a57a16d47176dec5de8f01862ea9d5ad70b5"


def answers(history: History) -> list[list[dict]]:
    signals, window = range(1, 7), Window(T0, T0 + 200 * DAY)
    return [
        plain(history.raw(signals, Window(0, 2**63 - 1), Reading())),
        plain(history.last(None, Reading())),
        plain(history.aggregate(signals, window, DAY, Reading())),
    ]


def written() -> pa.Table:
    spec = importlib.util.spec_from_file_location("history_form_1", FORM / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.rows()


def test_form_1_opens_and_goes_on(tmp_path: Path) -> None:
    with tarfile.open(FORM / "history.tar.gz") as archive:
        archive.extractall(tmp_path, filter="tar")
    memory = MemoryHistory()
    memory.append(written())
    history = ChdbHistory(tmp_path / "history")
    try:
        found = answers(history)
        assert found == answers(memory)
        assert hashlib.sha256(repr(found[0]).encode()).hexdigest() == RAW_SHA256
        history.append(floats(1, [T0 + 900 * DAY], [1.0]))
        assert plain(history.last([1], Reading()))[0]["time"] == T0 + 900 * DAY
    finally:
        history.close()
