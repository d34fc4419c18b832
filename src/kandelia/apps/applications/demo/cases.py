"""Invented applications: their figures, amounts and how far they are, the same for the same seed. Pure."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from itertools import pairwise
from typing import Any

from kandelia.apps.applications.logic.inputs import base_of, findings_of
from kandelia.apps.applications.logic.sheet import figures

LINES = ("M10", "M7", "M5", "M11", "M1b", "M2", "M13", "M16", "M18.2a", "M18.4")
STATES = {
    "draft": 6,
    "submitted": 8,
    "returned": 3,
    "accepted": 4,
    "expert_review": 5,
    "special_audit": 5,
    "audited": 4,
    "reserved": 6,
    "publicity": 4,
    "noticed": 4,
    "decided": 8,
    "paid": 18,
    "evaluated": 8,
    "closed": 6,
    "withdrawn": 3,
    "rejected": 6,
    "lapsed": 1,
    "recovered": 1,
}
ORDER = (
    "draft",
    "submitted",
    "accepted",
    "expert_review",
    "special_audit",
    "audited",
    "reserved",
    "publicity",
    "noticed",
    "decided",
    "paid",
    "evaluated",
    "closed",
)
BESIDE = {"returned": "submitted", "withdrawn": "submitted", "rejected": "audited", "lapsed": "submitted"}
DAYS = {
    "submit": 0,
    "withdraw": 2,
    "return": 3,
    "accept": 3,
    "draw": 5,
    "close_review": 15,
    "lapse": 20,
    "report_audit": 25,
    "reserve": 30,
    "deny": 32,
    "publish": 40,
    "end_notice": 50,
    "decide": 60,
    "pay": 75,
    "evaluate": 255,
    "close": 262,
    "recover": 262,
}  # after the application was handed in
ENDS = {
    "returned": ("return",),
    "withdrawn": ("withdraw",),
    "rejected": ("deny",),
    "lapsed": ("return", "lapse"),
    "recovered": ("recover",),
}
THOUSAND = Decimal(1000)
SHARED_EVERY = 25  # one in so many states a cost item of another application
PROJECTS = (
    "车间联网改造",
    "质量检测上云",
    "设备远程运维",
    "供应链协同",
    "能耗监测",
    "柔性产线",
    "工业安全防护",
    "数字孪生",
)


@dataclass(frozen=True, slots=True)
class Invented:
    """An application as it is told to the records; amounts that its state has not reached stay None."""

    firm: int
    line: str
    state: str
    project: str
    submitted_on: date | None
    inputs: Mapping[str, Any]
    findings: Mapping[str, bool]
    costs: tuple[Mapping[str, str], ...]
    base: Decimal
    share: Decimal  # of the bound that is decided
    marks: tuple[int, ...] = field(default=())


def reached(state: str, step: str) -> bool:
    """Whether an application in a state has been through another one."""
    at = "evaluated" if state == "recovered" else BESIDE.get(state, state)
    return ORDER.index(at) >= ORDER.index(step)


def path(state: str, life: Any) -> list[Any]:
    """The transitions of a life by which an application came to a state, in their order."""
    found: list[Any] = []
    for source, target in pairwise(ORDER):
        if state != "draft" and reached(state, target):
            found.append(next(one for one in life.transitions if source in one.sources and one.target == target))
    return found + [life.transition(name) for name in ENDS.get(state, ())]


def least_days(state: str) -> int:
    """How long ago an application was handed in at least, to stand where it does."""
    ends = ENDS.get(state, ())
    return DAYS[ends[-1]] if ends else max(days for days, at in _REACHED if reached(state, at))


_REACHED = tuple(
    zip(
        (DAYS[name] for name in DAYS if name not in ("withdraw", "return", "lapse", "deny", "recover")),
        ORDER[1:],
        strict=True,
    )
)


def invent(
    n: int, firms: int, schemas: Mapping[str, Mapping[str, Any]], today: date, chance: random.Random
) -> Invented:
    """The n-th application."""
    line = chance.choice(LINES)
    state = chance.choices(list(STATES), list(STATES.values()))[0]
    base = Decimal(chance.randint(200, 12_000)) * THOUSAND
    document = f"YS-{n - 1 if n and n % SHARED_EVERY == 0 else n:05}"
    half = (base / 2).quantize(Decimal(1), ROUND_FLOOR)
    costs = (
        {"name": "设备与软件", "amount": f"{half}", "document": document},
        {"name": "实施服务", "amount": f"{base - half}", "document": f"{document}-S"},
    )
    return Invented(
        firm=chance.randrange(firms),
        line=line,
        state=state,
        project=f"演示{chance.choice(PROJECTS)}项目{n + 1:05}",
        submitted_on=None if state == "draft" else today - timedelta(days=chance.randint(least_days(state) + 1, 700)),
        inputs=_inputs(schemas[line], base),
        findings={name: chance.random() < 0.9 for name in findings_of(schemas[line])},
        costs=costs,
        base=base,
        share=Decimal(chance.randint(50, 100)) / 100,
        marks=tuple(chance.randint(60, 98) for _ in range(3)),
    )


def _inputs(schema: Mapping[str, Any], base: Decimal) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, one in figures(schema)["properties"].items():
        if name == base_of(schema):
            found[name] = f"{base}"
        elif one["type"] == "boolean":
            found[name] = True
        elif one["type"] == "array":
            found[name] = ["0"]
    return found
