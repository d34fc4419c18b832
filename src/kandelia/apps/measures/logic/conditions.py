"""Conditions with three answers: met; missed, because …; cannot tell, needs …."""

from collections.abc import Iterator

from kandelia.apps.measures.contracts import Answer, Conclusion, Notice, Taken
from kandelia.apps.measures.logic.declarations import Check, Condition, InputKind, Line, Measures, Validity
from kandelia.apps.measures.logic.operators import STACKING, Run
from kandelia.apps.measures.logic.questions import EVIDENCE, Question
from kandelia.base.text import LocalText

FORBIDDEN, ALLOWED = "forbidden", "allowed"
PROOF, AUDITED_ONLY = "A3", "audited_only"
NONE = LocalText()


def conclusions(run: Run, *, in_force: bool) -> tuple[Conclusion, ...]:
    """Validity first, then the conditions of the text, then those that chosen assumptions add."""
    found = [validity(run.line.validity, run, in_force)]
    found += [made for one in run.line.conditions if (made := conclude(one, run.question, run.line)) is not None]
    return (*found, *_audited(run), *_unfunded(run))


def validity(term: Validity, run: Run, in_force: bool) -> Conclusion:
    """That the day lies within the validity, which M24 sets."""
    text = LocalText(
        f"有效期 {term.first} 至 {term.last}（{term.clause}）", f"Valid {term.first} to {term.last} ({term.clause})"
    )
    if in_force:
        return Conclusion("in_force", text, Answer.MET, NONE, ())
    because = LocalText(f"{run.day} 不在有效期内", f"{run.day} is outside")
    return Conclusion("in_force", text, Answer.MISSED, because, ())


def conclude(condition: Condition, question: Question, line: Line) -> Conclusion | None:
    """One condition; None where the chosen assumption asks for nothing."""
    checks = condition.cases[question.chosen[condition.on]] if condition.on else condition.checks
    if not checks:
        return None
    wrong = [one for one in checks if question.truths.get(one.input) is (not one.wanted)]
    if wrong:
        return Conclusion(condition.id, condition.text, Answer.MISSED, _because(wrong[0], line), ())
    needs = tuple(one.input for one in checks if one.input not in question.truths)
    answer = Answer.CANNOT_TELL if needs else Answer.MET
    return Conclusion(condition.id, condition.text, answer, NONE, needs)


def _because(check: Check, line: Line) -> LocalText:
    stated = line.inputs[check.input].title
    if check.wanted:
        return LocalText(f"已说明并非如此：{stated.zh}", f"It is stated not to be so: {stated.en}")
    return LocalText(f"已说明：{stated.zh}", f"It is stated: {stated.en}")


def _audited(run: Run) -> Iterator[Conclusion]:
    """Each base as an audited figure, where A3 asks for that."""
    if run.question.chosen.get(PROOF) != AUDITED_ONLY:
        return
    for one in run.line.inputs.values():
        stated = run.question.amounts.get(one.name)
        if one.kind is not InputKind.MONEY or not one.term or (stated is None and not one.required):
            continue
        text = LocalText(f"「{one.term}」经审计", f"“{one.term}” is audited")
        if stated is not None and stated.evidence == EVIDENCE[-1]:
            yield Conclusion(f"audited.{one.name}", text, Answer.MET, NONE, ())
        else:
            yield Conclusion(f"audited.{one.name}", text, Answer.CANNOT_TELL, NONE, (one.name,))


def _unfunded(run: Run) -> Iterator[Conclusion]:
    """No other money for the same project, where A4 forbids it."""
    if run.question.chosen.get(STACKING) != FORBIDDEN:
        return
    text = LocalText("同一项目未获其他条目资助", "No other line funds the same project")
    others = ", ".join(run.question.also_funded)
    if others:
        because = LocalText(f"另有 {others}", f"There is {others} as well")
        yield Conclusion("unfunded", text, Answer.MISSED, because, ())
    else:
        yield Conclusion("unfunded", text, Answer.MET, NONE, ())


def warnings(measures: Measures, run: Run, stance: Taken) -> tuple[Notice, ...]:
    """A warning for each other line of the project: what the table of overlaps says they share, and how A4 is taken."""
    if stance.value == ALLOWED:
        return ()
    others = (other for other in run.question.also_funded if other != run.line.id)
    return tuple(_warning(measures, run.line.id, other, stance.text) for other in others)


def _warning(measures: Measures, line: str, other: str, stance: LocalText) -> Notice:
    pairs = [one.shared for one in measures.overlaps if line in one.lines and other in one.lines]
    shared = LocalText("；".join(one.zh for one in pairs), "; ".join(one.en for one in pairs))
    text = LocalText(
        f"{line} 与 {other} 用于同一项目。重复资助：{stance.zh}",
        f"{line} and {other} are for the same project. Double funding: {stance.en}",
    )
    return Notice(other, shared, text)
