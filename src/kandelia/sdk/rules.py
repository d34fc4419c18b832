"""The public door to values at work: what stands outside of its limits, and derived signals."""

from kandelia.kernel.rules.facade import (
    OccurrenceView,
    acknowledge,
    active,
    anew,
    load,
    operators,
    past,
    unseen,
)

__all__ = ["OccurrenceView", "acknowledge", "active", "anew", "load", "operators", "past", "unseen"]
