"""When to try again."""

import random
from dataclasses import dataclass, field

DELAY_FIRST_S = 0.5
DELAY_MAX_S = 15.0
STABLE_S = 60.0


@dataclass
class BackOff:
    """Doubling delays from DELAY_FIRST_S to DELAY_MAX_S, each between half and the whole of its bound by chance.

    Chance keeps a hundred connections from coming back in step. A link that stood for STABLE_S starts afresh.
    """

    chance: random.Random = field(default_factory=random.Random)
    _failures: int = 0

    def delay_s(self) -> float:
        """Seconds to wait before the next attempt."""
        bound = min(DELAY_MAX_S, DELAY_FIRST_S * 2.0 ** min(self._failures, 10))
        self._failures += 1
        return float(bound) * self.chance.uniform(0.5, 1.0)

    def stood(self, seconds: float) -> None:
        """A link has ended after this long."""
        if seconds >= STABLE_S:
            self._failures = 0

    def reset(self) -> None:
        """The configuration has changed: the past says nothing."""
        self._failures = 0
