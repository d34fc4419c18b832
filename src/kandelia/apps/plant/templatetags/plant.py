"""Draws one live value where a template asks for it."""

from collections.abc import Mapping
from typing import Any

from django import template

from kandelia.apps.plant.logic.board import Card, LiveRow

register = template.Library()


@register.inclusion_tag("plant/live_value.html")
def live_value(row: LiveRow, *, age: bool = False, bar: bool = False, word: bool = True) -> dict[str, Any]:
    """The value with unit and quality mark; `age`, `bar` and `word` add what there is room for."""
    return {"row": row, "age": age, "bar": bar and row.has_range, "bar_column": bar, "word": word}


@register.inclusion_tag("plant/live_state.html")
def live_state(card: Card) -> dict[str, Any]:
    """A machine's state as shape and word; where it tells none, whether its values come."""
    period_ms = max((row.period_ms for row in card.values), default=0)
    return {"row": card.state, "values": card.values, "period_ms": period_ms}


@register.filter
def named(names: Mapping[str, str], key: str) -> str:
    """What people call it; the key itself where it has no name."""
    return names.get(key) or key
