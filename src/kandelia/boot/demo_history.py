"""The demo plant's last hours before its first start, loaded once in the background: trends are full at once."""

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable

from kandelia.base.errors import Unavailable
from kandelia.boot.demo import PACKAGE, demo_directory
from kandelia.boot.settings import Settings

HOURS = 8
NICE = 10  # what people ask for goes first
MARK = "history-loaded"


async def load_history(settings: Settings, environment: dict[str, str], say: Callable[[str], None]) -> None:
    """Write the history up to the plant's beginning and load it as a user would; nothing where that was done before.

    Unavailable says which step failed; the next start tries again, and what was loaded is not stored twice.
    """
    directory = demo_directory(settings)
    mark, file = directory / MARK, directory / "history.parquet"
    if mark.exists():
        return
    say(f"loading {HOURS} hours of the demo plant's history in the background …")
    began_s = asyncio.get_running_loop().time()
    try:
        span, out = ("--days", str(HOURS / 24)), ("--out", str(file))
        await quietly((PACKAGE, "history", *span, "--data", str(directory), *out), environment)
        await quietly(("kandelia.boot.command", "signals", "load", str(file)), environment)
        mark.write_text(f"{HOURS} h\n")
    finally:
        file.unlink(missing_ok=True)
    say(f"the demo plant's history is loaded ({asyncio.get_running_loop().time() - began_s:.0f} s)")


async def quietly(module: tuple[str, ...], environment: dict[str, str]) -> None:
    """Run a module of Python behind everything else; Unavailable with its last words when it fails."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *module),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
    )
    try:
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
        _, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        lines = complaint.decode(errors="replace").strip().splitlines() or ["no reason given"]
        what = f"the demonstration could not be loaded: {lines[-1]}"
        raise Unavailable(what, " ".join(module[:3]), "it is tried again at the next start")
