"""Money and two-language texts in this room's templates."""

from decimal import Decimal

from django import template
from django.utils.translation import get_language

from kandelia.base.text import LocalText

register = template.Library()
WAN = Decimal(10_000)
DAY_LENGTH = 10


@register.filter
def yuan(value: Decimal | None) -> str:
    """Grouped; the fen only where there are any."""
    if value is None:
        return "–"
    return f"¥{value:,.{0 if value == value.to_integral_value() else 2}f}"


@register.filter
def say(text: LocalText) -> str:
    """In the reader's language."""
    return text.say("zh" if (get_language() or "zh").startswith("zh") else "en")


@register.filter
def both(text: dict[str, str]) -> str:
    """A text as programs get it, in the reader's language."""
    return say(LocalText(text.get("zh", ""), text.get("en", "")))
