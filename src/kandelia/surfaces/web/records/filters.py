"""The filters of a list: what each may be, and the chips of those in force."""

from dataclasses import dataclass
from itertools import chain

from django.urls import reverse
from django.utils.translation import gettext as _

from kandelia.base.errors import NotFound
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.lives.declaration import State
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import Kind, RecordPage
from kandelia.kernel.records.declaration import Field, RecordType
from kandelia.kernel.records.fields import column_of, kind_of
from kandelia.surfaces.web.records.asking import BOUNDS, Asked

BOUNDED = (Kind.INTEGER, Kind.NUMBER, Kind.MONEY, Kind.DAY, Kind.INSTANT)


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter as the panel draws it: "choices" (tick any), "bounds" (from, to), "text" or "reference"."""

    name: str
    label: str
    kind: str
    value: str = ""
    low: str = ""
    high: str = ""
    input: str = "text"
    choices: tuple[tuple[str, str, bool], ...] = ()  # (value, label, ticked)
    title: str = ""  # of the record that a reference names
    url: str = ""  # where the choices of a reference are asked


def filters(declared: RecordType, viewer: Viewer | None, asked: Asked, language: str) -> tuple[Filter, ...]:
    """What narrows this list; the state first."""
    seen = {field.name: field for field in facade.seen_fields(declared, viewer)}
    own = [_filter(declared, viewer, seen[name], asked, language) for name in declared.filters if name in seen]
    return (_state(declared, viewer, asked, language), *own)


def chips(shown: tuple[Filter, ...], asked: Asked, page: RecordPage | None) -> list[tuple[str, str, str]]:
    """(label, value, query string without it) of every filter in force."""
    named = {filter.name: filter for filter in shown}
    found = []
    for name, values in asked.query.filters.items():
        plain, _dot, bound = name.partition(".")
        label = named[plain].label if plain in named else _entry_label(plain)
        for value in values:
            found.append((label, _said(named.get(plain), plain, value, bound, page), asked.without(name, value)))
    return found


def states_of(declared: RecordType, viewer: Viewer | None) -> tuple[State, ...]:
    """The states of every version of the life, to the public only the public ones."""
    lives = (declared.life, *declared.earlier)
    found = {state.name: state for state in chain.from_iterable(life.states for life in reversed(lives))}
    ordered = [found.pop(state.name) for state in declared.life.states]
    return tuple(state for state in [*ordered, *found.values()] if viewer is not None or state.public)


def _state(declared: RecordType, viewer: Viewer | None, asked: Asked, language: str) -> Filter:
    ticked = asked.query.filters.get("state", ())
    choices = tuple(
        (state.name, state.label.say(language), state.name in ticked) for state in states_of(declared, viewer)
    )
    return Filter("state", _("State"), "choices", choices=choices)


def _filter(declared: RecordType, viewer: Viewer | None, field: Field, asked: Asked, language: str) -> Filter:
    kind, label = kind_of(declared, field), field.label.say(language)
    given = asked.query.filters.get(field.name, ())
    if kind in (Kind.CHOICE, Kind.BOOLEAN):
        options = [(value, text.say(language)) for value, text in field.choices] or [("yes", _("yes")), ("no", _("no"))]
        return Filter(
            field.name, label, "choices", choices=tuple((value, text, value in given) for value, text in options)
        )
    if kind in BOUNDED:
        low, high = (next(iter(asked.query.filters.get(f"{field.name}.{bound}", ())), "") for bound in BOUNDS)
        return Filter(field.name, label, "bounds", low=low, high=high, input="date" if kind in BOUNDED[-2:] else "text")
    value = next(iter(given), "")
    if kind is Kind.REFERENCE and viewer is not None:
        refers_to = column_of(declared, field.name).refers_to
        title = _title(viewer, refers_to, value)
        url = reverse("record-choices", args=[declared.name, field.name])
        return Filter(field.name, label, "reference", value, title=title, url=url)
    return Filter(field.name, label, "text", value)


def _title(viewer: Viewer, type: str, value: str) -> str:
    try:
        return facade.get(viewer, type, int(value)).title if value.isdigit() else ""
    except NotFound:
        return ""


def _entry_label(name: str) -> str:
    return {"code": _("Number"), "organisation": _("Organisation")}.get(name, name)


def _said(filter: Filter | None, name: str, value: str, bound: str, page: RecordPage | None) -> str:
    if bound:
        return {"from": _("from %(value)s"), "to": _("to %(value)s")}[bound] % {"value": value}
    if filter is None:
        items = page.items if page is not None and name == "organisation" else ()
        return next((view.organisation_name for view in items if view.organisation == value), value)
    labels = {one: label for one, label, _ticked in filter.choices}
    return labels.get(value) or filter.title or value
