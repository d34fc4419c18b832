"""The sink of one session: shut when the session ends, so that one that lives on unseen can write nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from kandelia.kernel.connections.plane.inlet import Inlet

Column = Sequence[int] | np.ndarray


@dataclass
class Gate:
    """The port `Sink` in front of an inlet."""

    inlet: Inlet
    shut: bool = False

    def add(
        self,
        numbers: Column,
        times_ns: Column,
        qualities: Column,
        values: Sequence[float | int | bool | str | None],
        lost_before: Sequence[int] = (),
    ) -> None:
        """See `Sink.add`."""
        if not self.shut:
            self.inlet.add(numbers, times_ns, qualities, values, lost_before)

    def alive(self) -> None:
        """See `Sink.alive`."""
        if not self.shut:
            self.inlet.alive()

    def dropped(self, count: int) -> None:
        """See `Sink.dropped`."""
        if not self.shut:
            self.inlet.dropped(count)

    def fault(self, what: str) -> None:
        """See `Sink.fault`."""
        if not self.shut:
            self.inlet.fault(what)

    def close(self) -> None:
        """Let nothing through from now on."""
        self.shut = True
