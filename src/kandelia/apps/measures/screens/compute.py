"""One line: a form drawn from its schema, and the upper bound with all it rests on. What is typed is not kept."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods

from kandelia.apps.measures import facade
from kandelia.apps.measures.contracts import ENGINE_NAME, ENGINE_VERSION, Conclusion, Result
from kandelia.apps.measures.logic.declarations import Line
from kandelia.apps.measures.logic.listing import gives
from kandelia.apps.measures.logic.questions import parse_day
from kandelia.apps.measures.screens.form import (
    AS_OF,
    Field,
    assumption_fields,
    belongs,
    fields,
    given,
    sentence,
    typed,
    with_error,
)
from kandelia.apps.measures.screens.overview import is_ended
from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText
from kandelia.sdk.screens import public


@public
@require_http_methods(["GET", "POST"])
def compute(request: HttpRequest, line: str) -> HttpResponse:
    """The form; with its answer beside it once it is sent."""
    found, language = facade.line(line), "zh" if (get_language() or "zh").startswith("zh") else "en"
    sent = typed(request.POST.dict()) if request.method == "POST" else {}
    schema = facade.schema(line, language)
    shown, chosen = fields(schema, sent), assumption_fields(schema, sent, language)
    day = sent.get(AS_OF, found.validity.last.isoformat())
    result, error = None, None
    if sent:
        try:
            result = facade.compute(line, given(shown, chosen), parse_day(day.strip(), AS_OF))
        except InvalidInput as raised:
            error, shown, chosen = raised, with_error(shown, raised), with_error(chosen, raised)
    context = {**_form(found, shown, chosen, day, error), **_answer(found, result)}
    return render(request, "measures/line.html", context, status=HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK)


def _form(
    line: Line, shown: tuple[Field, ...], chosen: tuple[Field, ...], day: str, error: InvalidInput | None
) -> dict[str, Any]:
    found = facade.measures()
    as_of = Field(
        AS_OF, "date", "", day, required=True, error=sentence(error) if error and error.where == AS_OF else ""
    )
    told = [one for one in (as_of, *shown, *chosen) if one.error]
    elsewhere = error is not None and not told
    return {
        "line": line,
        "gives": gives(line),
        "kind": found.kinds[line.kind],
        "chapter": found.chapters[line.chapter],
        "clauses": sorted({each.validity.clause for one in line.parameters.values() for each in one.values}),
        "ended": is_ended(line.validity.last),
        "as_of": as_of,
        "amounts": [one for one in shown if one.kind in ("money", "amounts", "receipts", "date") and not one.when],
        "truths": [one for one in shown if one.kind in ("fact", "finding") and not one.when],
        "others": [one for one in shown if one.kind == "lines"],
        "rare": [one for one in shown if one.when],
        "chosen": chosen,
        "wrong": told,
        "elsewhere": sentence(error) if elsewhere and error else "",
        "open": any(belongs(one, error) for one in (*chosen, *(each for each in shown if each.when)))
        if error
        else _differs(chosen),
    }


def _differs(chosen: tuple[Field, ...]) -> bool:
    """True where somebody chose another option than the first, so that the choice stays in sight."""
    return any(one.value != one.options[0][0] for one in chosen)


def _answer(line: Line, result: Result | None) -> dict[str, Any]:
    if result is None:
        return {"result": None}
    binding = next((one.text for one in result.trace if one.bound and one.bound == result.binding), LocalText())
    issues = {one.id: one.issue for one in facade.measures().ambiguities}
    taken = {one.key: one for one in result.assumptions}
    return {
        "result": result,
        "binding": binding,
        "conditions": [(one, _needs(line, one)) for one in result.conditions],
        "open_points": [
            (one.id, issues[one.id], [taken[key] for key in one.assumptions]) for one in result.unspecified
        ],
        "engine": f"{ENGINE_NAME} {ENGINE_VERSION}",
    }


def _needs(line: Line, one: Conclusion) -> list[tuple[str, LocalText]]:
    """(field, title) of what would settle a condition."""
    return [(name, line.inputs[name].title) for name in one.needs]
