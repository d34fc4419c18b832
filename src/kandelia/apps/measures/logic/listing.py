"""The set as programs read it, and what each line gives in the words of both languages."""

from typing import Any

from kandelia.apps.measures.logic.checking import flat
from kandelia.apps.measures.logic.declarations import (
    Ambiguity,
    Bound,
    Cap,
    Commitment,
    JointCeiling,
    Line,
    Match,
    Measures,
    Parameter,
    Rate,
    Validity,
)
from kandelia.apps.measures.logic.money import money_text, spoken_money
from kandelia.apps.measures.logic.operators import percent
from kandelia.base.text import LocalText

PER = {
    "project": LocalText("每个项目", "a project"),
    "plan": LocalText("每个实施方案", "a plan"),
    "event": LocalText("每项活动", "an event"),
    "enterprise": LocalText("每家", "a firm"),
}


def documents(measures: Measures) -> dict[str, Any]:
    """Lines, commitments, open points, overlaps."""
    return {
        "title": both(measures.title),
        "validity": _validity(measures.validity),
        "lines": [_line(measures, one) for one in measures.lines.values()],
        "commitments": [_commitment(measures, one) for one in measures.commitments],
        "ambiguities": [_ambiguity(one) for one in measures.ambiguities],
        "overlaps": [{"id": one.id, "lines": list(one.lines), "shared": both(one.shared)} for one in measures.overlaps],
    }


def gives(line: Line) -> LocalText:
    """What a line gives at most, in a few words."""
    found = [_words(line, bound) for bound in flat(line.bounds)]
    said = [one for one in found if one.zh]
    return LocalText("；".join(one.zh for one in said), "; ".join(one.en for one in said))


def both(text: LocalText) -> dict[str, str]:
    """A text as programs get it."""
    return {"zh": text.zh, "en": text.en}


def _words(line: Line, bound: Bound) -> LocalText:
    """One bound; nothing for those that only an assumption brings in."""
    name = getattr(bound, "parameter", "")
    if not name:
        return LocalText()
    value = line.parameters[name].values[-1].value
    zh, en = spoken_money(value, "zh"), spoken_money(value, "en")
    if isinstance(bound, Rate):
        term = line.term
        word = LocalText("按", "") if bound.exact else LocalText("不超过", "at most ")
        return LocalText(f"{word.zh}{term}的 {percent(value)}", f"{word.en}{percent(value)} of {_base(line)}")
    if isinstance(bound, Cap):
        per = PER[bound.per]
        return LocalText(f"{per.zh}最高 {zh}", f"at most {en} {per.en}")
    if isinstance(bound, Match):
        ratio = money_text(value)
        return LocalText(f"按上级资助不超过 {ratio}∶1 配套", f"matching what comes from above, at most {ratio}∶1")
    if isinstance(bound, JointCeiling):
        return _ceiling(line, percent(value))
    return LocalText(f"每家每年最高 {zh}", f"at most {en} a firm and year")


def _ceiling(line: Line, share: str) -> LocalText:
    """A ceiling counts here only where it is the line's own, not brought in by an assumption."""
    if not any(isinstance(one, JointCeiling) for one in line.bounds):
        return LocalText()
    return LocalText(f"合计不超过{line.term}的 {share}", f"all together at most {share} of {_base(line)}")


def _base(line: Line) -> str:
    stated = next((one for one in line.inputs.values() if one.term), None)
    text = stated.title.en if stated else ""
    return text[:1].lower() + text[1:]


def _validity(one: Validity) -> dict[str, str]:
    return {"from": one.first.isoformat(), "to": one.last.isoformat(), "clause": one.clause}


def _line(measures: Measures, line: Line) -> dict[str, Any]:
    return {
        "line": line.id,
        "measure": line.measure,
        "title": both(line.title),
        "chapter": both(measures.chapters[line.chapter]),
        "kind": both(measures.kinds[line.kind]),
        "who": both(line.who),
        "what": both(line.what),
        "gives": both(gives(line)),
        "base": line.term,
        "validity": _validity(line.validity),
        "parameters": [_parameter(one) for one in line.parameters.values()],
        "conditions": [{"id": one.id, "text": both(one.text)} for one in line.conditions],
        "unspecified": [one.id for one in measures.ambiguities if line.id in one.lines],
    }


def _parameter(one: Parameter) -> dict[str, Any]:
    values = [{"value": f"{each.value:f}", **_validity(each.validity), "wording": each.wording} for each in one.values]
    return {"name": one.name, "unit": one.unit.value, "values": values}


def _commitment(measures: Measures, one: Commitment) -> dict[str, Any]:
    return {
        "measure": one.measure,
        "title": both(one.title),
        "chapter": both(measures.chapters[one.chapter]),
        "says": both(one.says),
        "who": one.who,
        "commits": one.commits,
        "deliverables": one.deliverables,
        "validity": _validity(measures.validity),
    }


def _ambiguity(one: Ambiguity) -> dict[str, Any]:
    assumptions = [
        {
            "key": each.key,
            "default": each.default,
            "changes": each.changes.value,
            "lines": list(each.lines),
            "options": {name: both(text) for name, text in each.options.items()},
        }
        for each in one.assumptions
    ]
    return {"id": one.id, "issue": both(one.issue), "lines": list(one.lines), "assumptions": assumptions}
