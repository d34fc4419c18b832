"""YAML with the line of everything, for apps that read documents people write. Loads without Django."""

from kandelia.kernel.signals.logic.yaml_nodes import Item, Mistakes, TooManyMistakes, compose, item, plain, sequence

__all__ = ["Item", "Mistakes", "TooManyMistakes", "compose", "item", "plain", "sequence"]
