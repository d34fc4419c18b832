"""Checks that the names of a line lead somewhere, with the right kind, and that nothing it declares stays unused."""

from collections.abc import Iterator, Mapping
from typing import Any

from kandelia.apps.measures.logic.declarations import (
    Assumption,
    Bound,
    Branch,
    Cap,
    Check,
    Choice,
    InputKind,
    JointCeiling,
    Line,
    Match,
    Names,
    PeriodCap,
    Rate,
    Unit,
    Window,
)
from kandelia.apps.measures.logic.nodes import Reader

UNITS: dict[type, Unit] = {
    Rate: Unit.SHARE,
    Cap: Unit.CNY,
    PeriodCap: Unit.CNY,
    Match: Unit.RATIO,
    JointCeiling: Unit.SHARE,
    Window: Unit.YEAR,
}
MONEY_KINDS = (InputKind.MONEY, InputKind.AMOUNTS)
TRUTH_KINDS = (InputKind.FACT, InputKind.FINDING)


def check_line(reader: Reader, node: Any, line: Line, known: Mapping[str, Assumption]) -> None:
    """Adds a mistake for each name that leads nowhere."""

    def wrong(what: str, mend: str) -> None:
        reader.mistakes.add(node, f"in {line.id}, {what}", mend)

    bounds = list(flat(line.bounds))
    windows = [one for one in line.amounts.values() if isinstance(one, Window)]
    for what, mend in (
        *_parameter_mistakes(line, [*bounds, *windows]),
        *_amount_mistakes(line, bounds),
        *_check_mistakes(line),
        *_choice_mistakes(line, known),
    ):
        wrong(what, mend)


def flat(bounds: tuple[Bound, ...]) -> Iterator[Rate | Cap | PeriodCap | Match | JointCeiling]:
    """Every bound, those within branches too."""
    for bound in bounds:
        if isinstance(bound, Branch):
            for case in bound.cases.values():
                yield from flat(case)
        else:
            yield bound


def branches(bounds: tuple[Bound, ...]) -> Iterator[Branch]:
    """Every branch, those within branches too."""
    for bound in bounds:
        if isinstance(bound, Branch):
            yield bound
            for case in bound.cases.values():
                yield from branches(case)


def _parameter_mistakes(line: Line, users: list[Any]) -> Iterator[tuple[str, str]]:
    used = set()
    for one in users:
        if not one.parameter:
            continue
        used.add(one.parameter)
        parameter = line.parameters.get(one.parameter)
        if parameter is None:
            yield f'there is no parameter "{one.parameter}"', "declare it under parameters"
        elif parameter.unit is not UNITS[type(one)]:
            yield f'"{parameter.name}" is counted in {parameter.unit}', f"write unit: {UNITS[type(one)]}"
    for name in sorted(set(line.parameters) - used):
        yield f'the parameter "{name}" is used by no bound', "use it or remove it"


def _amount_mistakes(line: Line, bounds: list[Any]) -> Iterator[tuple[str, str]]:
    names = [name for one in bounds for name in _amounts_of(one)]
    names += [
        name for one in line.amounts.values() if isinstance(one, Choice) for case in one.cases.values() for name in case
    ]
    for name in names:
        stated = line.inputs.get(name)
        if name not in line.amounts and (stated is None or stated.kind not in MONEY_KINDS):
            yield f'"{name}" is no amount', "name an input of money, or an entry of amounts"
    for one in line.amounts.values():
        if isinstance(one, Window):
            for name, kind in ((one.receipts, InputKind.RECEIPTS), (one.start, InputKind.DATE)):
                if name not in line.inputs or line.inputs[name].kind is not kind:
                    yield f'"{name}" is no input of kind {kind}', "declare it under inputs"


def _amounts_of(bound: Any) -> Names:
    own = (bound.input,) if isinstance(bound, Cap) and bound.input else ()
    return (*own, *(name for key in ("of", "used", "less", "counted") for name in getattr(bound, key, ())))


def _check_mistakes(line: Line) -> Iterator[tuple[str, str]]:
    for condition in line.conditions:
        checks: list[Check] = [*condition.checks, *(one for case in condition.cases.values() for one in case)]
        for one in checks:
            stated = line.inputs.get(one.input)
            if stated is None or stated.kind not in TRUTH_KINDS:
                yield f'the condition "{condition.id}" asks for "{one.input}"', "declare a fact or finding of this name"


def _choice_mistakes(line: Line, known: Mapping[str, Assumption]) -> Iterator[tuple[str, str]]:
    choices: list[Any] = [one for one in line.amounts.values() if isinstance(one, Choice)]
    choices += [*branches(line.bounds), *(one for one in line.conditions if one.on)]
    for one in choices:
        assumption = known.get(one.on)
        if assumption is None or line.id not in assumption.lines:
            yield f'"{one.on}" is no assumption of this line', "name it in ambiguities.yaml"
        elif set(one.cases) != set(assumption.options):
            yield (
                f'the cases of "{one.on}" are not its options',
                f"write one for each of {', '.join(assumption.options)}",
            )
