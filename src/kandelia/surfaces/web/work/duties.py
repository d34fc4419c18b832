"""Duties in the reader's words."""

from kandelia.kernel.records.registry import duties


def duty_labels(language: str) -> dict[str, str]:
    """The label of each duty that a record type knows, by its name."""
    return {name: one.label.say(language) for name, one in sorted(duties().items())}
