"""How long a second start takes and what idle roles hold: `python -m benchmarks.start [--demo]`.

With --demo also what they hold while the plant's last hours are loaded, at the end of that and a minute later.
"""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from kandelia.boot.demo_history import MARK

START_S_MAX = 15.0
MEMORY_BYTES_AIM = 900_000_000
IDLE_S = 15.0
REST_S = 60.0
LOADED_S = 600.0
KANDELIA = (sys.executable, "-m", "kandelia.boot.command")


def start(directory: Path, demo: bool) -> tuple[subprocess.Popen[str], float]:
    """Seconds until the line with the address."""
    began = time.monotonic()
    command = [*KANDELIA, "up", "--data", str(directory), "--port", "0", *(["--demo"] if demo else [])]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert process.stdout is not None
    for line in process.stdout:
        print(f"    {line.rstrip()}")
        if line.startswith("Kandelia is at"):
            return process, time.monotonic() - began
    raise SystemExit("the platform did not start")


def stop(process: subprocess.Popen[str]) -> float:
    """Seconds until it is gone after a Ctrl-C."""
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.wait(30)
    return time.monotonic() - began


def processes(directory: Path) -> list[dict[str, object]]:
    """What `kandelia status --json` says of the processes."""
    command = [*KANDELIA, "status", "--json", "--data", str(directory)]
    answer = subprocess.run(command, capture_output=True, text=True)
    found: list[dict[str, object]] = json.loads(answer.stdout)["processes"]
    return found


def mapped(pid: int) -> tuple[int, dict[str, int]]:
    """Bytes of a process's own, and those that it uses of each mapped file, which others may share."""
    own, files, file = 0, Counter[str](), ""
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        name, *rest = line.split()
        if not name.endswith(":"):
            file = rest[4] if len(rest) > 4 else ""
        elif name in ("Rss:", "Anonymous:"):
            files[file] += int(rest[0]) * 1024 * (1 if name == "Rss:" else -1)
            own += int(rest[0]) * 1024 * (name == "Anonymous:")
    return own, dict(files)


def tell_memory(when: str, directory: Path) -> None:
    """Print what every process holds, and the sum of all but the plant, which is no part of the platform.

    Pages of a library that six roles share are there once: the sum counts them so. A resident set counts them again.
    """
    found = [one for one in processes(directory) if one["name"] != "demo-plant" and one["pid"]]
    held = {str(one["name"]): mapped(int(str(one["pid"]))) for one in found}
    shared = Counter[str]()
    for _, files in held.values():
        for file, used in files.items():
            shared[file] = max(shared[file], used)
    own = sum(own for own, _ in held.values())
    total, resident = own + shared.total(), own + sum(sum(files.values()) for _, files in held.values())
    each = ", ".join(f"{name} {own / 1e6:.0f}" for name, (own, _) in held.items())
    print(f"memory of all roles {when}: {total / 1e6:.0f} MB (aim {MEMORY_BYTES_AIM / 1e6:.0f}), each its own: {each},")
    print(
        f"    {shared.total() / 1e6:.0f} of shared libraries and files; {resident / 1e6:.0f} MB as resident sets added"
    )


def load_demo_history(directory: Path) -> None:
    """Wait for the plant's last hours, then for the rest after it."""
    deadline_s = time.monotonic() + LOADED_S
    while not (directory / "demo" / MARK).exists() and time.monotonic() < deadline_s:
        time.sleep(0.5)
    tell_memory("at the end of the load", directory)
    time.sleep(REST_S)
    tell_memory(f"{REST_S:.0f} s after it", directory)


def main() -> None:
    """Print; the exit code says whether the bound on the second start holds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--demo", action="store_true", help="with the demo plant, which is not counted as memory")
    demo = parser.parse_args().demo
    with tempfile.TemporaryDirectory(prefix="kandelia-start-") as place:
        process, first_s = start(Path(place), demo)
        print(f"first start {first_s:.1f} s, stop {stop(process):.1f} s")
        process, second_s = start(Path(place), demo)
        time.sleep(IDLE_S)
        tell_memory("with history being loaded" if demo else "idle", Path(place))
        if demo:
            load_demo_history(Path(place))
        print(f"second start {second_s:.1f} s (at most {START_S_MAX:.0f}), stop {stop(process):.1f} s")
    sys.exit(second_s > START_S_MAX)


if __name__ == "__main__":
    main()
