"""Whether the streams of our own bus server really take messages, and whether the disk has room for them."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from kandelia.base.clock import Clock
from kandelia.base.errors import KandeliaError, NotFound, TooMuch
from kandelia.base.samples import encode, make_batch
from kandelia.kernel.connections.contracts import edge_subject, load_subject
from kandelia.ports.bus import Bus

PROBE_PERIOD_S = 10.0
PROBE_TIMEOUT_S = 3.0
ROOM_BYTES_MIN = 50_000_000
NOBODY, SOURCE = "-", "probe"
EMPTY = encode(make_batch([], []))


@dataclass
class StreamProbe:
    """Stores a batch without rows in each stream of samples now and then; history acknowledges it unseen.

    A NATS server (2.12) that met a full disk in the middle of a write goes on failing that stream's messages once
    there is room again, while all else that it tells of itself is well. Only a start anew mends it.
    """

    bus: Bus
    clock: Clock
    _due_s: float = 0.0

    async def why_not(self) -> str:
        """Why a stream does not take messages; empty where all did, also within PROBE_PERIOD_S before."""
        if self.clock.monotonic_s() < self._due_s:
            return ""
        for subject in (edge_subject(NOBODY, NOBODY, SOURCE), load_subject(NOBODY, NOBODY, SOURCE)):
            try:
                await self.bus.store(subject, EMPTY, timeout_s=PROBE_TIMEOUT_S)
            except (NotFound, TooMuch):  # not made yet, or full of samples: the writers say so themselves
                continue
            except KandeliaError as error:
                return error.what
        self._due_s = self.clock.monotonic_s() + PROBE_PERIOD_S
        return ""


def room_bytes(directory: Path) -> int:
    """What the file system of a directory has left for us."""
    return shutil.disk_usage(directory).free
