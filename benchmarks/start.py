"""How long a second start takes and what idle roles hold: `python -m benchmarks.start [--demo]`."""

import argparse
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

START_S_MAX = 15.0
MEMORY_BYTES_AIM = 900_000_000
IDLE_S = 15.0
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
        total = 0
        for found in processes(Path(place)):
            held = int(str(found["memory_bytes"]))
            total += held if found["name"] != "demo-plant" else 0
            print(f"{found['name']!s:12} {found['state']!s:12} {held / 1e6:6.0f} MB  restarts {found['restarts']}")
        print(f"second start {second_s:.1f} s (at most {START_S_MAX:.0f}), stop {stop(process):.1f} s")
        print(f"idle memory of all roles {total / 1e6:.0f} MB (aim {MEMORY_BYTES_AIM / 1e6:.0f})")
    sys.exit(second_s > START_S_MAX)


if __name__ == "__main__":
    main()
