"""A role whose wall clock can be put forward and back while it runs.

`python -m kandelia.boot.role NAME --module tests.faults.clocked`: the wall clock is off by the seconds that stand in
the file TEST_CLOCK_FILE (8 bytes, little-endian, signed), its monotonic clock is right.
"""

import importlib
import mmap
import os
import time
from dataclasses import replace
from pathlib import Path

from kandelia.base.clock import NS_PER_S
from kandelia.boot.roles.contracts import RoleContext

BYTES = 8


def set_offset(file: Path, seconds: int) -> None:
    """Put the clocks of all roles that read this file forward (or back)."""
    with file.open("r+b" if file.exists() else "wb") as stream:
        stream.write(seconds.to_bytes(BYTES, "little", signed=True))


class JumpingClock:
    """The machine's clock and the file's seconds."""

    def __init__(self, file: Path) -> None:
        with file.open("rb") as stream:
            self._map = mmap.mmap(stream.fileno(), BYTES, prot=mmap.PROT_READ)

    def now_ns(self) -> int:
        return time.time_ns() + int.from_bytes(self._map[:BYTES], "little", signed=True) * NS_PER_S

    def monotonic_s(self) -> float:
        return time.monotonic()


async def run(context: RoleContext) -> None:
    """The role itself, with that clock."""
    role = importlib.import_module(f"kandelia.boot.roles.{context.name}")
    await role.run(replace(context, clock=JumpingClock(Path(os.environ["TEST_CLOCK_FILE"]))))
