"""A record on paper: the form that every type has, and the notices and decisions that a type declares."""

import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from django.utils import timezone

from kandelia.base.errors import Conflict, NotFound
from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.access.organisations import find_organisation
from kandelia.kernel.files import typesetting
from kandelia.kernel.papers.exporting import cell
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import RecordView
from kandelia.kernel.records.declaration import Print, RecordType
from kandelia.kernel.records.fields import said

FORM = Print("form", LocalText("登记表", "Form"))
OURS = "kandelia.kernel.papers"
PLACE = re.compile(r"\{(\w+)\}")
LANGUAGES = ("zh", "en")


def prints_of(viewer: Viewer, type: str, id: int) -> tuple[Print, ...]:
    """The documents that can be printed of a record now."""
    declared = facade.type_of(type)
    view = facade.get(viewer, type, id)
    return tuple(one for one in _all(declared) if not one.states or view.state in one.states)


def pdf(viewer: Viewer, type: str, id: int, name: str = FORM.name, language: str = "zh") -> tuple[str, bytes]:
    """(file name, PDF) of a document, with what this viewer sees. Conflict where the record's state has none such."""
    declared = facade.type_of(type)
    view = facade.get(viewer, type, id)
    one = next((one for one in _all(declared) if one.name == name), None)
    if one is None:
        names = ", ".join(one.name for one in _all(declared))
        raise NotFound(f'there is no document "{name[:40]}"', type, f"there are: {names}", "not-found")
    if one.states and view.state not in one.states:
        raise Conflict(f'nothing to print while it is "{view.state}"', name, "", "state")
    language = language if language in LANGUAGES else LANGUAGES[0]
    data = {**_data(viewer, declared, view, language), "document": one.label.say(language), "kind": one.kind}
    data["body"] = [_filled(line, data["texts"]) for line in one.body.say(language).splitlines() if line.strip()]
    template = _template(one.template or f"{OURS}:prints/{'form' if one.kind == 'form' else 'notice'}.typ")
    return f"{declared.name}-{view.code or view.id}-{one.name}.pdf", typesetting.pdf(template, data, timezone.now())


def _all(declared: RecordType) -> tuple[Print, ...]:
    own = declared.prints
    return own if any(one.name == FORM.name for one in own) else (FORM, *own)


def _template(place: str) -> str:
    package, _, path = place.partition(":")
    return files(package).joinpath(path).read_text(encoding="utf-8")


def _filled(line: str, texts: Mapping[str, str]) -> str:
    return PLACE.sub(lambda found: texts.get(found.group(1), found.group()), line)


def _data(viewer: Viewer, declared: RecordType, view: RecordView, language: str) -> dict[str, Any]:
    fields = {one.name: _text(declared, view, one.name, language) for one in declared.fields if one.name in view.values}
    day = timezone.localdate()
    entry = {
        "title": view.title,
        "code": view.code,
        "organisation": view.organisation_name,
        "state": view.state_label.say(language),
        "day": f"{day.year}年{day.month}月{day.day}日" if language == "zh" else f"{day:%-d %B %Y}",
    }
    return {
        **entry,
        "texts": {**fields, **entry},
        "language": language,
        "label": declared.label.say(language),
        "public": view.public,
        "printed_by": viewer.name,
        "printed_at": f"{timezone.localtime():%Y-%m-%d %H:%M}",
        "handler": str(find_organisation(view.handler)),
        "groups": [group for group in _groups(declared, fields, language) if group["rows"]],
        "steps": _steps(viewer, declared, view, language),
    }


def _text(declared: RecordType, view: RecordView, name: str, language: str) -> str:
    value = cell(declared, view, name, language)
    one = declared.field(name)
    if one.unit == "CNY" and value is not None and name not in view.masked:
        return f"¥{said(declared, name, value, language)}"
    return "" if value is None else f"{value} {one.unit}".strip() if value != "" else ""


def _groups(declared: RecordType, fields: Mapping[str, str], language: str) -> list[dict[str, Any]]:
    return [
        {
            "label": group.label.say(language),
            "rows": [
                {"label": one.label.say(language), "text": fields[one.name], "long": one.lines > 1}
                for one in group.fields
                if one.name in fields
            ],
        }
        for group in declared.groups
    ]


def _steps(viewer: Viewer, declared: RecordType, view: RecordView, language: str) -> list[dict[str, str]]:
    if not (view.mine or viewer.organisation == view.handler):
        return []
    labels = {state.name: state.label.say(language) for state in declared.life_of(view.process).states}
    return [
        {
            "at": f"{timezone.localtime(step.at):%Y-%m-%d %H:%M}",
            "label": step.label.say(language),
            "state": labels.get(step.target, step.target),
            "by": step.by_name,
            "reason": step.reason,
        }
        for step in reversed(facade.steps(viewer, view.type, view.id))
    ]
