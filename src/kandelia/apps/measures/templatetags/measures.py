"""Words, money and marks as the measures' pages show them."""

from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from kandelia.apps.measures.contracts import Answer
from kandelia.apps.measures.logic.money import shown_money, spoken_money
from kandelia.base.text import LocalText

register = template.Library()
ANSWERS = {
    Answer.MET: ("✓", _("met")),
    Answer.MISSED: ("✗", _("missed")),
    Answer.CANNOT_TELL: ("?", _("cannot tell")),
}


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
def answer_mark(answer: Answer) -> str:
    """The shape of a condition's answer."""
    return ANSWERS[answer][0]


@register.filter
def answer_word(answer: Answer) -> Any:
    """The word of a condition's answer."""
    return ANSWERS[answer][1]
