"""The budget of a call: how much is taken, and amounts scaled down alike where it is not enough. Pure and exact."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

YUAN = Decimal(1)


@dataclass(frozen=True, slots=True)
class Envelope:
    """A call's budget (None: none is stated) and what is proposed or decided within it."""

    budget: Decimal | None
    taken: Decimal

    @property
    def left(self) -> Decimal | None:
        """What remains; negative once it is passed."""
        return None if self.budget is None else self.budget - self.taken

    @property
    def over(self) -> Decimal:
        """By how much it is passed, 0 within it."""
        return Decimal(0) if self.budget is None else max(Decimal(0), self.taken - self.budget)


def scaled(amounts: Mapping[int, Decimal], budget: Decimal) -> dict[int, Decimal]:
    """Every amount times budget/sum, rounded down to the yuan so that the sum never passes the budget.

    Amounts stay as they are where their sum fits. (Pro rata is a rule that a call chooses; the measures have none.)
    """
    asked = sum(amounts.values(), Decimal(0))
    if asked <= budget:
        return dict(amounts)
    return {id: (amount * budget / asked).quantize(YUAN, ROUND_FLOOR) for id, amount in amounts.items()}
