"""Processes by pid file: which are ours, and how they are ended; a foreign one that has the number now is let be."""

import contextlib
import signal
from dataclasses import dataclass
from pathlib import Path

import msgspec
import psutil

STALE_STOP_S = 3.0
KILL_WAIT_S = 2.0


@dataclass(frozen=True, slots=True)
class Mark:
    """Tells a process from a later one with the same number; `started` is its start by the kernel's count."""

    pid: int
    started: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What a pid file holds; `place` is where it was written, for a copy elsewhere speaks of children not its own."""

    mark: Mark
    place: str


def mark_of(pid: int) -> Mark | None:
    """The mark of a running process, None when there is none (a zombie counts as ended)."""
    with contextlib.suppress(OSError, psutil.Error, IndexError):
        stat = Path(f"/proc/{pid}/stat")
        if stat.parent.parent.exists() and Path("/proc/self/stat").exists():
            words = stat.read_text().rpartition(")")[2].split()  # proc(5): state is the 3rd word, starttime the 22nd
            return None if words[0] in "ZX" else Mark(pid, words[19])
        return Mark(pid, f"{psutil.Process(pid).create_time():.0f}")
    return None


def write_pid_file(file: Path, pid: int) -> None:
    """Remember a child."""
    if (mark := mark_of(pid)) is not None:
        fresh = file.with_suffix(".new")
        fresh.write_bytes(msgspec.json.encode(Kept(mark, str(file.parent.resolve()))))
        fresh.replace(file)


def read_pid_file(file: Path) -> int:
    """The pid of the process that the file speaks of if it still runs, else 0."""
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        kept = msgspec.json.decode(file.read_bytes(), type=Kept)
        if kept.place == str(file.parent.resolve()) and mark_of(kept.mark.pid) == kept.mark:
            return kept.mark.pid
    return 0


def end_stale(files: list[Path]) -> list[int]:
    """End, all at once, what earlier starts left behind; their pids."""
    stale: list[psutil.Process] = []
    for file in files:
        if pid := read_pid_file(file):
            with contextlib.suppress(psutil.Error):
                stale.append(psutil.Process(pid))
        file.unlink(missing_ok=True)
    for process in stale:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, alive = psutil.wait_procs(stale, timeout=STALE_STOP_S)
    for process in alive:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(alive, timeout=KILL_WAIT_S)
    return [process.pid for process in stale]


def memory_bytes(pid: int) -> int:
    """Resident memory, 0 when it is gone."""
    with contextlib.suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0


def exit_reason(code: int) -> str:
    """How a process ended, in words."""
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"killed by signal {-code}"


def last_line(file: Path) -> str:
    """The last thing a program said, 300 characters at most."""
    with contextlib.suppress(OSError):
        with file.open("rb") as lines:
            lines.seek(max(0, file.stat().st_size - 4_096))
            said = [line.strip() for line in lines.read().decode(errors="replace").splitlines() if line.strip()]
        return said[-1][:300] if said else ""
    return ""
