"""From what a caller sends to a checked question: exact amounts, days, facts, chosen assumptions."""

import calendar
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from kandelia.apps.measures.logic.declarations import InputKind, Line, Measures
from kandelia.apps.measures.logic.money import parse_money
from kandelia.apps.measures.logic.prepared import Prepared, prepared
from kandelia.base.errors import InvalidInput

EVIDENCE = ("claimed", "reviewed", "audited")
ENTRIES_MAX = 1_000
ASSUMPTIONS = "assumptions"


@dataclass(frozen=True, slots=True)
class Stated:
    """An amount with how well it is proven (A3)."""

    amount: Decimal
    evidence: str = EVIDENCE[0]


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, checked; only what was stated is there."""

    amounts: Mapping[str, Stated] = field(default_factory=dict)
    receipts: Mapping[str, tuple[tuple[date, Decimal], ...]] = field(default_factory=dict)
    days: Mapping[str, date] = field(default_factory=dict)
    truths: Mapping[str, bool] = field(default_factory=dict)
    also_funded: tuple[str, ...] = ()
    chosen: Mapping[str, str] = field(default_factory=dict)


def read_question(measures: Measures, line: Line, given: Any) -> Question:
    """The question of a JSON object; InvalidInput names the field. null counts as not stated."""
    if not isinstance(given, Mapping):
        raise InvalidInput("the input is no JSON object", line.id, 'write {"…": …}; see the schema', "invalid-input")
    unknown = sorted(set(given) - set(line.inputs) - {ASSUMPTIONS})
    if unknown:
        names = ", ".join((*line.inputs, ASSUMPTIONS))
        raise InvalidInput(f"{line.id} has no such input", unknown[0], f"it takes {names}", "unknown-input")
    found: dict[InputKind, dict[str, Any]] = {kind: {} for kind in InputKind}
    for name, value in given.items():
        if value is not None and name != ASSUMPTIONS:
            kind = line.inputs[name].kind
            found[kind][name] = READ[kind](value, name)
    return Question(
        amounts={**found[InputKind.MONEY], **found[InputKind.AMOUNTS]},
        receipts=found[InputKind.RECEIPTS],
        days=found[InputKind.DATE],
        truths={**found[InputKind.FACT], **found[InputKind.FINDING]},
        also_funded=_lines(found[InputKind.LINES], measures),
        chosen=_chosen(prepared(measures, line.id), line, given.get(ASSUMPTIONS)),
    )


def parse_day(value: Any, where: str) -> date:
    """A day as 2018-07-01."""
    try:
        if not isinstance(value, str) or len(value) != 10:
            raise ValueError
        return date.fromisoformat(value)
    except ValueError:
        raise InvalidInput(
            f'"{str(value)[:40]}" is not a day', where, "write a day such as 2018-07-01", "invalid-day"
        ) from None


def years_after(day: date, years: int) -> date:
    """The corresponding day; the last of the month where there is none (29 February)."""
    year = day.year + years
    if year > date.max.year:
        raise InvalidInput("the window ends after the year 9999", str(day), "check the day", "invalid-day")
    return day.replace(year=year, day=min(day.day, calendar.monthrange(year, day.month)[1]))


def _money(value: Any, where: str) -> Stated:
    if not isinstance(value, Mapping):
        return Stated(parse_money(value, where))
    evidence = value.get("evidence", EVIDENCE[0])
    if set(value) - {"amount", "evidence"} or evidence not in EVIDENCE:
        mend = 'write {"amount": "…", "evidence": "claimed", "reviewed" or "audited"}'
        raise InvalidInput("this is not an amount with its evidence", where, mend, "invalid-amount")
    return Stated(parse_money(value.get("amount"), f"{where}.amount"), evidence)


def _sum(value: Any, where: str) -> Stated:
    if not isinstance(value, list):
        return _money(value, where)
    total = sum((parse_money(one, f"{where}.{n}") for n, one in enumerate(_bounded(value, where))), Decimal(0))
    return Stated(total)


def _receipts(value: Any, where: str) -> tuple[tuple[date, Decimal], ...]:
    if not isinstance(value, list):
        raise InvalidInput("this is no list", where, 'write [{"date": "…", "amount": "…"}, …]', "invalid-receipts")
    return tuple(_receipt(one, f"{where}.{n}") for n, one in enumerate(_bounded(value, where)))


def _receipt(value: Any, where: str) -> tuple[date, Decimal]:
    if not isinstance(value, Mapping) or set(value) != {"date", "amount"}:
        raise InvalidInput("a receipt has a date and an amount", where, "write both", "invalid-receipts")
    return parse_day(value["date"], f"{where}.date"), parse_money(value["amount"], f"{where}.amount")


def _bounded(value: list[Any], where: str) -> list[Any]:
    if len(value) > ENTRIES_MAX:
        raise InvalidInput(f"more than {ENTRIES_MAX} entries", where, "add them up", "too-many")
    return value


def _truth(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        mend = "write true or false; leave it out where nobody knows"
        raise InvalidInput("this is neither true nor false", where, mend, "invalid-fact")
    return value


def _listed(value: Any, where: str) -> list[Any]:
    return _bounded(value, where) if isinstance(value, list) else [value]


def _lines(stated: Mapping[str, Any], measures: Measures) -> tuple[str, ...]:
    known = {*measures.lines, *(one.measure for one in measures.commitments)} if stated else set()
    for where, entries in stated.items():
        wrong = [str(one) for one in entries if not isinstance(one, str) or one not in known]
        if wrong:
            mend = "name lines such as M7; see kandelia measures list"
            raise InvalidInput(f'there is no line "{wrong[0][:40]}"', where, mend, "unknown-line")
        return tuple(sorted(set(entries)))
    return ()


def _chosen(ready: Prepared, line: Line, given: Any) -> Mapping[str, str]:
    """The option of every assumption of the line: the chosen one, else the default."""
    if given is None:
        return ready.defaults
    if not isinstance(given, Mapping):
        raise InvalidInput("this is no JSON object", ASSUMPTIONS, 'write {"A18.rounding": "…"}', "invalid-assumption")
    _tell_unknown(given, ready.assumptions, line)
    for key, value in given.items():
        options = ready.assumptions[key].options
        if value is not None and (not isinstance(value, str) or value not in options):
            where, mend = f"{ASSUMPTIONS}.{key}", f"write one of {', '.join(options)}"
            raise InvalidInput(f'"{str(value)[:40]}" cannot be chosen', where, mend, "invalid-assumption")
    return {**ready.defaults, **{key: value for key, value in given.items() if value is not None}}


def _tell_unknown(wanted: Mapping[str, Any], known: Mapping[str, Any], line: Line) -> None:
    for key in wanted:
        if key not in known:
            where, mend = f"{ASSUMPTIONS}.{key}", f"choose among {', '.join(known)}"
            raise InvalidInput(f"{line.id} makes no such assumption", where, mend, "invalid-assumption")


READ: dict[InputKind, Callable[[Any, str], Any]] = {
    InputKind.MONEY: _money,
    InputKind.AMOUNTS: _sum,
    InputKind.RECEIPTS: _receipts,
    InputKind.DATE: parse_day,
    InputKind.FACT: _truth,
    InputKind.FINDING: _truth,
    InputKind.LINES: _listed,
}
