"""Promise: no bound passes its cap, more base never gives less, a year's awards never pass their cap in any order."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from kandelia.apps.measures.contracts import State
from kandelia.apps.measures.logic.declarations import InputKind, Line, Rate
from kandelia.apps.measures.logic.engine import compute
from kandelia.apps.measures.logic.money import ROUNDINGS
from kandelia.apps.measures.store import current

DAY = date(2019, 6, 30)
MEASURES = current()
EXAMPLES = settings(max_examples=60, deadline=None)
amounts = st.decimals(min_value=0, max_value=10**12, places=2, allow_nan=False, allow_infinity=False)
lines = st.sampled_from(list(MEASURES.lines.values()))
rated = st.sampled_from([one for one in MEASURES.lines.values() if any(isinstance(each, Rate) for each in one.bounds)])
roundings = st.sampled_from(sorted(ROUNDINGS))


def filled(line: Line, amount: Decimal, rounding: str = "down_to_yuan") -> dict[str, Any]:
    """Every required input, each money of it the same amount."""
    made: dict[str, Any] = {"assumptions": {"A18.rounding": rounding}}
    for one in line.inputs.values():
        if one.required and one.kind is InputKind.MONEY:
            made[one.name] = str(amount)
        elif one.required and one.kind is InputKind.AMOUNTS:
            made[one.name] = []
        elif one.required and one.kind is InputKind.DATE:
            made[one.name] = "2018-07-02"
        elif one.required:
            made[one.name] = [{"date": "2018-09-01", "amount": str(amount)}]
    return made


def bound(line: str, stated: dict[str, Any]) -> Decimal:
    result = compute(MEASURES, line, stated, DAY)
    assert result.state is State.COMPUTED
    return Decimal(result.upper_bound)


@EXAMPLES
@given(lines, amounts, roundings)
def test_never_above_the_cap_nor_below_zero(line: Line, amount: Decimal, rounding: str) -> None:
    made = bound(line.id, filled(line, amount, rounding))
    caps = [one.values[0].value for name, one in line.parameters.items() if name.startswith("cap")]
    assert 0 <= made <= min(caps, default=Decimal(10) ** 15)


@EXAMPLES
@given(rated, amounts, amounts, roundings)
def test_more_base_never_gives_less(line: Line, one: Decimal, other: Decimal, rounding: str) -> None:
    low, high = sorted((one, other))
    assert bound(line.id, filled(line, low, rounding)) <= bound(line.id, filled(line, high, rounding))


@EXAMPLES
@given(rated, amounts)
def test_never_above_the_rate_when_rounded_down(line: Line, amount: Decimal) -> None:
    rate = line.parameters["rate"].values[0].value
    assert bound(line.id, filled(line, amount)) <= rate * amount


@EXAMPLES
@given(st.lists(amounts, min_size=1, max_size=12).flatmap(st.permutations))
def test_a_year_of_plans_never_passes_its_cap_in_any_order(fees: list[Decimal]) -> None:
    awards: list[str] = []
    for fee in fees:
        result = compute(MEASURES, "M5", {"service_fee": str(fee), "earlier_awards": list(awards)}, DAY)
        awards.append(result.upper_bound)
    total = sum(Decimal(one) for one in awards)
    assert total <= 2_000_000
    assert total <= sum(min(fee * Decimal("0.3"), Decimal(500_000)) for fee in fees)


@EXAMPLES
@given(amounts, amounts, amounts)
def test_m14a_is_what_its_formula_says(whole: Decimal, national: Decimal, provincial: Decimal) -> None:
    stated = {"total_investment": whole, "national_funding": national, "provincial_funding": provincial}
    upper = national + provincial
    wanted = max(Decimal(0), min(upper, whole / 2 - upper)).quantize(Decimal(1), rounding="ROUND_DOWN")
    assert bound("M14a", {name: str(value) for name, value in stated.items()}) == wanted


@EXAMPLES
@given(st.dates(date(2018, 7, 1), date(2020, 12, 31)), st.integers(-800, 800), amounts)
def test_receipts_count_within_a_year_of_the_sale(sale: date, days: int, amount: Decimal) -> None:
    received = sale + timedelta(days=days)
    stated = {"sale_date": sale.isoformat(), "receipts": [{"date": received.isoformat(), "amount": str(amount)}]}
    inside = 0 <= days <= 365 + _leap_between(sale)
    wanted = min(Decimal("0.3") * amount, Decimal(3_000_000)).quantize(Decimal(1), rounding="ROUND_DOWN")
    assert bound("M18.2b", stated) == (wanted if inside else 0)


def _leap_between(sale: date) -> bool:
    """True where the year that follows holds a 29 February that its days count."""
    year_end = sale.replace(year=sale.year + 1) if (sale.month, sale.day) != (2, 29) else date(sale.year + 1, 2, 28)
    return (year_end - sale).days == 366


@EXAMPLES
@given(lines, st.dates(date(2000, 1, 1), date(2040, 1, 1)), amounts)
def test_the_same_question_gives_the_same_bytes(line: Line, day: date, amount: Decimal) -> None:
    stated = filled(line, amount)
    one, other = (compute(MEASURES, line.id, dict(stated), day).canonical() for _ in range(2))
    assert one == other
    out = not line.validity.covers(day)
    assert (compute(MEASURES, line.id, stated, day).state is State.NOT_IN_FORCE) == out
