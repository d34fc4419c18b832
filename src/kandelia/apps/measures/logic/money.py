"""Amounts of money as exact decimals of yuan, to the fen; never a binary fraction."""

from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from kandelia.base.errors import InvalidInput

YUAN = Decimal(1)
FEN = Decimal("0.01")
AMOUNT_MAX = Decimal(10) ** 15  # yuan; more than any budget, well within the 28 digits of a Decimal
ROUNDINGS = {
    "down_to_yuan": (YUAN, ROUND_DOWN),
    "down_to_fen": (FEN, ROUND_DOWN),
    "half_up_to_yuan": (YUAN, ROUND_HALF_UP),
}


def parse_money(value: Any, where: str) -> Decimal:
    """Yuan from "1250000", "1,250,000.50", an integer or a Decimal; InvalidInput for all else, for floats too."""
    if isinstance(value, bool | float) or not isinstance(value, str | int | Decimal):
        raise _wrong("this is not an amount", where)
    try:
        amount = Decimal(value.strip().replace(",", "").replace("，", "") if isinstance(value, str) else value)
    except InvalidOperation:
        raise _wrong(f'"{str(value)[:40]}" is not an amount', where) from None
    if not amount.is_finite() or amount < 0 or amount > AMOUNT_MAX:
        raise _wrong(f"an amount lies between 0 and {AMOUNT_MAX:f} yuan", where)
    if amount != amount.quantize(FEN):
        raise _wrong("an amount has at most two decimals, the fen", where)
    return amount.quantize(FEN)


def _wrong(what: str, where: str) -> InvalidInput:
    return InvalidInput(what, where, 'write yuan as text, such as "1250000" or "1250000.50"', "invalid-amount")


def rounded(amount: Decimal, rule: str) -> Decimal:
    """By a rule of ROUNDINGS (A18)."""
    step, mode = ROUNDINGS[rule]
    return amount.quantize(step, rounding=mode)


def money_text(amount: Decimal) -> str:
    """Plain digits; decimals only where there are any: "500000", "0.5", "1250000.25"."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def shown_money(amount: Decimal) -> str:
    """Grouped for readers: ¥1,250,000."""
    whole, _, rest = money_text(amount).partition(".")
    return f"¥{int(whole):,}" + (f".{rest.ljust(2, '0')}" if rest else "")


def spoken_money(amount: Decimal, language: str) -> str:
    """In the reader's way: 125万元 where it comes out even, else ¥1,250,000."""
    if language.startswith("zh") and amount >= 10_000 and amount % 10_000 == 0:
        return f"{int(amount // 10_000):,}万元"
    return shown_money(amount)
