"""Computes the upper bound of a funding line on a day, with all that led to it. Pure and exact."""

from datetime import date
from decimal import Decimal
from typing import Any

from kandelia.apps.measures.contracts import Missing, Result, State, Step, Taken
from kandelia.apps.measures.logic.conditions import conclusions, warnings
from kandelia.apps.measures.logic.declarations import Line, Measures
from kandelia.apps.measures.logic.money import money_text, rounded, shown_money
from kandelia.apps.measures.logic.operators import STACKING, NotInForce, Run, apply
from kandelia.apps.measures.logic.prepared import prepared
from kandelia.apps.measures.logic.questions import read_question
from kandelia.base.errors import NotFound
from kandelia.base.text import LocalText

ROUNDING, ROUNDING_DOWN = "A18.rounding", "down_to_yuan"
RELEVANT_DAY = "A8"


def line_of(measures: Measures, line: str) -> Line:
    """A line by its id; NotFound names those there are."""
    found = measures.lines.get(line)
    if found is None:
        mend = f"the lines are {', '.join(measures.lines)}"
        raise NotFound(f'there is no funding line "{line[:40]}"', "line", mend, "line-unknown")
    return found


def compute(measures: Measures, line: str, given: Any, as_of: date) -> Result:
    """The result for what is given (see the schema) as of a day; InvalidInput for what cannot be understood.

    The day stands for the event that A8 names. The bound is the smallest of the line's bounds, rounded by A18.
    """
    found = line_of(measures, line)
    question = read_question(measures, found, given)
    run = Run(found, question, as_of)
    in_force = found.validity.covers(as_of)
    try:
        if in_force:
            _note_day(run, prepared(measures, found.id).taken[RELEVANT_DAY][question.chosen[RELEVANT_DAY]])
            for bound in found.bounds:
                apply(run, bound)
    except NotInForce:
        in_force = False
    if not in_force:
        return _result(measures, run, State.NOT_IN_FORCE)
    if run.missing:
        return _result(measures, run, State.INPUT_MISSING)
    return _bounded(measures, run)


def _bounded(measures: Measures, run: Run) -> Result:
    binding, value = min(run.bounds, key=lambda one: one[1])
    made = _rounded(run, value)
    text = LocalText(f"上限 {shown_money(made)}", f"Upper bound {shown_money(made)}")
    run.steps.append(Step("rounding", "", run.line.measure, (), None, ROUNDING, money_text(made), text))
    return _result(measures, run, State.COMPUTED, money_text(made), binding)


def _rounded(run: Run, value: Decimal) -> Decimal:
    """By A18; where rounding up would pass a limit that is stated in money, down instead."""
    made = rounded(value, run.question.chosen[ROUNDING])
    limits = [amount for name, amount in run.bounds if name not in run.rates]
    return rounded(value, ROUNDING_DOWN) if any(made > limit for limit in limits) else made


def _note_day(run: Run, taken: Taken) -> None:
    term, word = run.line.validity, taken.text
    text = LocalText(
        f"{word.zh} {run.day}，有效期 {term.first} 至 {term.last}",
        f"{word.en} {run.day}, valid {term.first} to {term.last}",
    )
    run.steps.append(Step("validity", "", term.clause, (), None, RELEVANT_DAY, "", text))


def _result(measures: Measures, run: Run, state: State, bound: str = "", binding: str = "") -> Result:
    line, chosen, ready = run.line, run.question.chosen, prepared(measures, run.line.id)
    kept = state is not State.NOT_IN_FORCE
    return Result(
        line=line.id,
        measure=line.measure,
        as_of=run.day.isoformat(),
        state=state,
        upper_bound=bound,
        binding=binding,
        trace=tuple(run.steps) if kept else (),
        conditions=conclusions(run, in_force=kept),
        missing=tuple(Missing(name, line.inputs[name].title) for name in run.missing) if kept else (),
        unspecified=ready.unspecified,
        assumptions=tuple(options[chosen[key]] for key, options in ready.taken.items()),
        warnings=warnings(measures, run, ready.taken[STACKING][chosen[STACKING]]),
        parameters=tuple(run.used[name] for name in line.parameters if name in run.used) if kept else (),
        parameters_sha256=ready.sha256,
        set_sha256=ready.set_sha256,
        valid_from=line.validity.first.isoformat(),
        valid_to=line.validity.last.isoformat(),
    )
