"""The closed operators, each one a small exact calculation that leaves a step in the trace."""

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_DOWN, Decimal

from kandelia.apps.measures.contracts import Step, Used, UsedParameter
from kandelia.apps.measures.logic.declarations import (
    Bound,
    Branch,
    Cap,
    Choice,
    JointCeiling,
    Line,
    Match,
    Names,
    Parameter,
    PeriodCap,
    Rate,
    Window,
)
from kandelia.apps.measures.logic.money import FEN, money_text, shown_money
from kandelia.apps.measures.logic.questions import Question, years_after
from kandelia.base.text import LocalText

STACKING, SHARED_COST, COST_OUT = "A4", "shared_cost", "same_cost_excluded"
LAST_DAY, LAST_DAY_OUT = "X1", "last_day_excluded"
NOTHING = Decimal(0)
PERCENT = Decimal(100)


class NotInForce(Exception):
    """A parameter has no value on the day."""


@dataclass
class Run:
    """One computation under way: what it reads, what it lacks, the steps it has made."""

    line: Line
    question: Question
    day: date
    steps: list[Step] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    bounds: list[tuple[str, Decimal]] = field(default_factory=list)
    rates: set[str] = field(default_factory=set)
    used: dict[str, UsedParameter] = field(default_factory=dict)

    def amount(self, name: str) -> tuple[Decimal, tuple[Used, ...]]:
        """An input, or an amount made of inputs; what is not stated is noted and counts as nothing for now."""
        made = self.line.amounts.get(name)
        if isinstance(made, Choice):
            return self.total(made.cases[self.question.chosen[made.on]])
        if isinstance(made, Window):
            return window(self, made), ()
        stated = self.question.amounts.get(name)
        if stated is None:
            self.lack(name)
            return NOTHING, ()
        return stated.amount, (Used(name, money_text(stated.amount), stated.evidence),)

    def total(self, names: Names) -> tuple[Decimal, tuple[Used, ...]]:
        """The sum of amounts."""
        found = [self.amount(name) for name in names]
        return sum((value for value, _ in found), NOTHING), tuple(one for _, used in found for one in used)

    def lack(self, name: str) -> None:
        """Note an input that is needed, once."""
        if name not in self.missing:
            self.missing.append(name)

    def parameter(self, name: str) -> tuple[Decimal, UsedParameter]:
        """A parameter's value in force; NotInForce where it has none on the day."""
        found = used_parameter(self.line.parameters[name], self.day)
        if found is None:
            raise NotInForce(name)
        self.used[name] = found
        value = self.line.parameters[name].on(self.day)
        return (value.value if value else NOTHING), found

    def limit(self, bound: str, operator: str, value: Decimal, used: tuple[Used, ...], text: LocalText,
              parameter: UsedParameter | None = None) -> None:  # fmt: skip
        """A bound, as a step and as a candidate to bind."""
        self.bounds.append((bound, value))
        self.note(operator, value, used, text, parameter, bound)

    def note(self, operator: str, value: Decimal, used: tuple[Used, ...], text: LocalText,
             parameter: UsedParameter | None = None, bound: str = "", assumption: str = "") -> None:  # fmt: skip
        """A step of the trace."""
        clause = parameter.clause if parameter else self.line.measure
        self.steps.append(Step(operator, bound, clause, used, parameter, assumption, money_text(value), text))


def used_parameter(parameter: Parameter, day: date) -> UsedParameter | None:
    """A parameter's value on a day as results tell it."""
    found = parameter.on(day)
    if found is None:
        return None
    validity = found.validity
    days = validity.first.isoformat(), validity.last.isoformat()
    return UsedParameter(parameter.name, f"{found.value:f}", parameter.unit, *days, validity.clause, found.wording)


def percent(share: Decimal) -> str:
    """0.30 as 30 %."""
    return f"{money_text(share * PERCENT)} %"


def apply(run: Run, bound: Bound) -> None:
    """One bound; a branch applies those that its assumption picks."""
    if isinstance(bound, Rate):
        rate(run, bound)
    elif isinstance(bound, Cap):
        cap(run, bound)
    elif isinstance(bound, PeriodCap):
        period_cap(run, bound)
    elif isinstance(bound, Match):
        match(run, bound)
    elif isinstance(bound, JointCeiling):
        joint_ceiling(run, bound)
    else:
        branch(run, bound)


def rate(run: Run, bound: Rate) -> None:
    """A share of the base; shared cost is out of the base where A4 says so."""
    share, parameter = run.parameter(bound.parameter)
    base, used = run.total(bound.of)
    if run.question.chosen.get(STACKING) == COST_OUT and run.question.also_funded:
        shared, told = run.amount(SHARED_COST)
        base, used = max(NOTHING, base - shared), (*used, *told)
        run.note("rate", base, told, LocalText("基数扣除共用费用", "The base without shared cost"), assumption=STACKING)
    value = base * share
    wording = LocalText("按", "exactly") if bound.exact else LocalText("不超过", "at most")
    text = LocalText(
        f"{wording.zh}{shown_money(base)}的{percent(share)}，即 {_shown(value)}",
        f"{wording.en} {percent(share)} of {shown_money(base)}: {_shown(value)}",
    )
    run.rates.add(bound.name)
    run.limit(bound.name, "rate", value, used, text, parameter)


def cap(run: Run, bound: Cap) -> None:
    """A fixed limit of the text, or one that the caller states."""
    if bound.parameter:
        value, parameter = run.parameter(bound.parameter)
        used: tuple[Used, ...] = ()
    else:
        (value, used), parameter = run.amount(bound.input), None
    less, told = run.total(bound.less)
    left = max(NOTHING, value - less)
    text = LocalText(f"限额 {shown_money(left)}", f"Limit {shown_money(left)}")
    run.limit(bound.name, "cap", left, (*used, *told), text, parameter)


def period_cap(run: Run, bound: PeriodCap) -> None:
    """What is left of a limit for a party in a period."""
    value, parameter = run.parameter(bound.parameter)
    spent, used = run.total(bound.used)
    left = max(NOTHING, value - spent)
    text = LocalText(
        f"每家每年 {shown_money(value)}，已用 {shown_money(spent)}，剩余 {shown_money(left)}",
        f"{shown_money(value)} for each firm and year, {shown_money(spent)} used, {shown_money(left)} left",
    )
    run.limit(bound.name, "cap_per_party_and_period", left, used, text, parameter)


def match(run: Run, bound: Match) -> None:
    """As much as others give, by a ratio."""
    ratio, parameter = run.parameter(bound.parameter)
    others, used = run.total(bound.of)
    less, told = run.total(bound.less)
    value = max(NOTHING, ratio * others - less)
    word = money_text(ratio)
    text = LocalText(
        f"按上级资助 {shown_money(others)} 的 {word}∶1 配套，不超过 {shown_money(value)}",
        f"Matching {shown_money(others)} from above at {word}∶1: at most {shown_money(value)}",
    )
    run.limit(bound.name, "match", value, (*used, *told), text, parameter)


def joint_ceiling(run: Run, bound: JointCeiling) -> None:
    """What is left under a ceiling that others' money counts under as well."""
    share, parameter = run.parameter(bound.parameter)
    whole, used = run.total(bound.of)
    counted, told = run.total(bound.counted)
    value = max(NOTHING, whole * share - counted)
    text = LocalText(
        f"合计不超过 {shown_money(whole)} 的 {percent(share)}，他方已占 {shown_money(counted)}，剩余 {_shown(value)}",
        f"Together at most {percent(share)} of {shown_money(whole)}; "
        f"others take {shown_money(counted)}, {_shown(value)} is left",
    )
    run.limit(bound.name, "joint_ceiling", value, (*used, *told), text, parameter)


def branch(run: Run, bound: Branch) -> None:
    """The bounds of the option that was chosen."""
    for one in bound.cases[run.question.chosen[bound.on]]:
        apply(run, one)


def window(run: Run, bound: Window) -> Decimal:
    """Receipts from the start on, to the corresponding day after the years; whether that day counts is X1."""
    years, parameter = run.parameter(bound.parameter)
    start, receipts = run.question.days.get(bound.start), run.question.receipts.get(bound.receipts)
    for name, stated in ((bound.start, start), (bound.receipts, receipts)):
        if stated is None:
            run.lack(name)
    if start is None or receipts is None:
        return NOTHING
    end = years_after(start, int(years))
    open_end = run.question.chosen.get(LAST_DAY) == LAST_DAY_OUT
    inside = [amount for day, amount in receipts if start <= day < end or (day == end and not open_end)]
    value = sum(inside, NOTHING)
    text = LocalText(
        f"{start} 至 {end}{'（不含）' if open_end else ''}到账 {len(inside)} 笔，共 {shown_money(value)}",
        f"Received from {start} to {end}{' (excluded)' if open_end else ''}: {shown_money(value)}, "
        f"entries: {len(inside)}",
    )
    run.note("window", value, (Used(bound.start, start.isoformat()),), text, parameter, assumption=LAST_DAY)
    return value


def _shown(amount: Decimal) -> str:
    """An intermediate result to the fen."""
    return shown_money(amount.quantize(FEN, rounding=ROUND_DOWN))
