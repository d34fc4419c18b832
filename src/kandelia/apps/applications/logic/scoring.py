"""Marks of blind reviews: their sum, the mean, how far they lie apart, and what reviewers found. Pure and exact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from kandelia.base.errors import InvalidInput
from kandelia.base.text import Said

HUNDREDTH = Decimal("0.01")
CRITERIA_MAX = 20
FULL = Decimal(100)
USUAL = (
    {"name": "技术先进性", "max": 30},
    {"name": "应用效果", "max": 30},
    {"name": "示范意义", "max": 20},
    {"name": "投入合理性", "max": 20},
)


@dataclass(frozen=True, slots=True)
class Summary:
    """Mean (two decimals), spread (highest less lowest) and whether it passes the alarm."""

    count: int
    mean: Decimal
    spread: Decimal
    alarm: bool


def summary(totals: Sequence[Decimal], alarm_at: Decimal) -> Summary:
    """Of the totals of all who scored; InvalidInput where nobody did."""
    if not totals:
        raise InvalidInput(
            Said("尚无人评分", "nobody has scored"), "scores", Said("请等待专家评分", "wait for the experts"), "missing"
        )
    spread = max(totals) - min(totals)
    mean = (sum(totals, Decimal(0)) / len(totals)).quantize(HUNDREDTH, ROUND_HALF_UP)
    return Summary(len(totals), mean, spread, spread > alarm_at)


def total(marks: Any, criteria: Sequence[Mapping[str, Any]]) -> Decimal | None:
    """The sum of marks, None while one is missing; InvalidInput for one that is out of its range or unknown."""
    if not isinstance(marks, Mapping):
        raise InvalidInput(
            Said("这不是评分", "these are no marks"),
            "marks",
            Said('请按 {"评分项": 分数} 填写', 'write {"criterion": points}'),
            "bad-value",
        )
    known = {one["name"]: Decimal(str(one["max"])) for one in criteria}
    for name, mark in marks.items():
        if name not in known:
            raise InvalidInput(
                Said(f"没有评分项“{str(name)[:60]}”", f'no criterion "{str(name)[:60]}"'),
                "marks",
                Said(f"现有：{'、'.join(known)}", f"there are: {', '.join(known)}"),
            )
        _refuse_outside(name, mark, known[name])
    given = {name: mark for name, mark in marks.items() if mark not in (None, "")}
    return sum((Decimal(str(mark)) for mark in given.values()), Decimal(0)) if len(given) == len(known) else None


def _refuse_outside(name: str, mark: Any, most: Decimal) -> None:
    if mark in (None, ""):
        return
    try:
        value = Decimal(str(mark))
        inside = value.is_finite() and 0 <= value <= most
    except ArithmeticError:
        inside = False
    if isinstance(mark, bool) or not inside:
        raise InvalidInput(
            Said(f"{str(mark)[:20]} 不是“{name}”的有效分数", f"{str(mark)[:20]} is no mark for {name}"),
            "marks",
            Said(f"请填写 0 至 {most}", f"give 0 to {most}"),
            "bad-value",
        )


def checked_criteria(given: Any) -> None:
    """InvalidInput unless it is a list of {"name", "max"} whose maxima add up to 100."""
    mend = Said(
        '请按 [{"name": "…", "max": 40}, …] 填写，合计 100 分', 'write [{"name": "…", "max": 40}, …], together 100'
    )
    if not isinstance(given, list) or not 0 < len(given) <= CRITERIA_MAX:
        raise InvalidInput(Said("这不是评分项列表", "this is no list of criteria"), "criteria", mend, "bad-value")
    shaped = all(isinstance(one, dict) and set(one) == {"name", "max"} for one in given)
    if not shaped or any(not isinstance(one["max"], int) or isinstance(one["max"], bool) for one in given):
        raise InvalidInput(
            Said("每个评分项应有名称和整数分值", "a criterion has a name and a whole number of points"),
            "criteria",
            mend,
            "bad-value",
        )
    if sum(one["max"] for one in given) != FULL or len({one["name"] for one in given}) != len(given):
        raise InvalidInput(
            Said("不同评分项的分值合计应为 100 分", "the points of different criteria must add up to 100"),
            "criteria",
            mend,
            "bad-value",
        )


def majority(findings: Sequence[Mapping[str, bool]]) -> dict[str, bool]:
    """What more than half of those who judged a point found; a tie leaves it open (A13)."""
    names = sorted({name for one in findings for name in one})
    votes = {name: [one[name] for one in findings if name in one] for name in names}
    decided = {name: (sum(given) * 2 - len(given)) for name, given in votes.items()}
    return {name: balance > 0 for name, balance in decided.items() if balance}
