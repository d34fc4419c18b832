"""Draws one live value where a template asks for it."""

from typing import Any

from django import template

from kandelia.apps.plant.logic.board import LiveRow

register = template.Library()


@register.inclusion_tag("plant/live_value.html")
def live_value(row: LiveRow, *, age: bool = False, bar: bool = False, word: bool = True) -> dict[str, Any]:
    """The value with unit and quality mark; `age`, `bar` and `word` add what there is room for."""
    return {"row": row, "age": age, "bar": bar and row.has_range, "bar_column": bar, "word": word}


@register.inclusion_tag("plant/live_state.html")
def live_state(row: LiveRow | None) -> dict[str, Any]:
    """A machine's state as shape and word."""
    return {"row": row}
