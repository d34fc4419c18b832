"""Words, money and marks as the measures' pages show them."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kandelia.apps.measures.contracts import Answer
from kandelia.apps.measures.logic.eligibility import Chance
from kandelia.apps.measures.logic.money import shown_money, spoken_money
from kandelia.base.text import LocalText

register = template.Library()
ANSWERS = {
    Answer.MET: ("✓", _("met")),
    Answer.MISSED: ("✗", _("missed")),
    Answer.CANNOT_TELL: ("?", _("cannot tell")),
}

CHANCES = {
    Chance.PROPOSED: _("Yours by confirming"),
    Chance.MAY_ASK: _("You may ask for this"),
    Chance.CANNOT_TELL: _("Cannot be told yet"),
    Chance.OPEN: _("For firms like yours, if you have it"),
    Chance.NOT: _("Not for you, and why"),
}


@register.filter
def chance_word(chance: Chance) -> Any:
    """Where a firm stands with a line."""
    return CHANCES[chance]


@register.filter
def say(text: LocalText) -> str:
    """A text in the reader's language."""
    return text.say(get_language() or "zh")


@register.filter
def spoken(amount: str) -> str:
    """Money in the reader's way: 125万元, ¥1,250,000."""
    return spoken_money(Decimal(amount), get_language() or "zh")


@register.filter
def exact(amount: str) -> str:
    """Money to the yuan or fen: ¥1,250,000."""
    return shown_money(Decimal(amount))


@register.filter
def exact_number(amount: Decimal) -> str:
    """A sum with its sign: −¥1,250,000."""
    return ("\u2212" if amount < 0 else "") + shown_money(abs(amount))


@register.filter
def answer_mark(answer: Answer) -> str:
    """The shape of a condition's answer."""
    return ANSWERS[answer][0]


@register.filter
def answer_word(answer: Answer) -> Any:
    """The word of a condition's answer."""
    return ANSWERS[answer][1]
