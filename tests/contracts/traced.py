"""What a process wrote and brought to the disk, in order, as strace saw it; and what was not there when it said so."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

CALLS = ("write", "writev", "pwrite64", "rename", "renameat", "renameat2", "fsync", "fdatasync")
SYNCS = ("fsync", "fdatasync")
TEXT_MAX = 300
ATTACHED_S = 15.0
_WHOLE = re.compile(r"(\d+) +(\w+)\((.*)\) += (-?\d+)")
_BEGUN = re.compile(r"(\d+) +(\w+)\((.*) <unfinished \.\.\.>")
_ENDED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>.* = (-?\d+)")
_OPENED = re.compile(r"\d+<([^>]*)>")
_NAMES = re.compile(r'"([^"]*)"')


def strace() -> list[str]:
    """The command before a program's own (or `-p PID`); skips where it cannot be had."""
    found = shutil.which("strace")
    if found is None:
        pytest.skip("strace is not installed (apt-get install strace)")
    tried = subprocess.run([found, "-e", "trace=none", "true"], capture_output=True, text=True, check=False)
    if tried.returncode:
        pytest.skip(f"processes cannot be traced here: {tried.stderr.strip()[-200:]}")
    return [found, "-f", "-y", "-s", str(TEXT_MAX), "-e", f"trace={','.join(CALLS)}"]


def attach(pid: int, output: Path) -> "subprocess.Popen[bytes]":
    """Trace a process that runs already; ends with it, or by SIGTERM."""
    tracer = subprocess.Popen([*strace(), "-o", str(output), "-p", str(pid)], stderr=subprocess.PIPE)
    status, deadline_s = Path(f"/proc/{pid}/status"), time.monotonic() + ATTACHED_S
    while f"TracerPid:\t{tracer.pid}\n" not in status.read_text():
        assert tracer.poll() is None and time.monotonic() < deadline_s, "strace did not attach"
        time.sleep(0.01)
    return tracer


@dataclass
class Call:
    """A system call, at its begin (`result` None) or at its end."""

    name: str
    arguments: str
    result: int | None

    @property
    def begins(self) -> bool:
        """True at its begin."""
        return self.result is None

    @property
    def path(self) -> str:
        """The file behind its first descriptor."""
        found = _OPENED.search(self.arguments)
        return found[1] if found else ""


def calls(lines: Sequence[str]) -> Iterator[Call]:
    """Begin and end of each call, in the order of the trace."""
    under_way: dict[str, str] = {}
    for line in lines:
        if found := _BEGUN.match(line):
            under_way[found[1]] = found[3]
            yield Call(found[2], found[3], None)
        elif found := _ENDED.match(line):
            yield Call(found[2], under_way.pop(found[1], ""), int(found[3]))
        elif found := _WHOLE.match(line):
            yield Call(found[2], found[3], None)
            yield Call(found[2], found[3], int(found[4]))


@dataclass
class Disk:
    """Files below `root` that were written, or folders that were changed, since their last sync began."""

    root: str
    _writes: dict[str, int] = field(default_factory=dict)
    _syncing: dict[str, int] = field(default_factory=dict)
    _synced: dict[str, int] = field(default_factory=dict)

    def take(self, call: Call) -> None:
        """One step of the trace."""
        if call.name in SYNCS:
            if call.begins:
                self._syncing[call.path] = self._writes.get(call.path, 0)
            elif call.result == 0:
                self._synced[call.path] = max(self._syncing.get(call.path, 0), self._synced.get(call.path, 0))
        elif call.name.startswith("rename"):
            if call.result == 0:
                self._rename(*_NAMES.findall(call.arguments)[-2:])
        elif call.begins and call.path.startswith(self.root):
            self._writes[call.path] = self._writes.get(call.path, 0) + 1

    def _rename(self, old: str, new: str) -> None:
        old, new = old.rstrip("/"), new.rstrip("/")
        for counts in (self._writes, self._syncing, self._synced):
            for path in [path for path in counts if path == old or path.startswith(f"{old}/")]:
                counts[new + path.removeprefix(old)] = counts.pop(path)
        if new.startswith(self.root):
            folder = new.rpartition("/")[0]
            self._writes[folder] = self._writes.get(folder, 0) + 1

    def unsynced(self) -> set[str]:
        """What a power cut could take."""
        return {path for path, count in self._writes.items() if count > self._synced.get(path, 0)}

    @property
    def files(self) -> int:
        """How many files and folders were written at all."""
        return len(self._writes)
