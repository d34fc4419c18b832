"""What happened to a record: steps and changes of fields in one row, the newest first."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import ChangeView, RecordView, StepView
from kandelia.kernel.records.declaration import RecordType
from kandelia.surfaces.web.records.shown import in_words, labels_of, shape_of

EVENTS_SHOWN = 30
TOGETHER = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Change:
    """A field that was changed."""

    name: str
    label: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Event:
    """A step (`label`, `shape`, `target`) or a change of fields."""

    at: datetime
    by: str
    label: str = ""
    shape: str = ""
    look: str = ""
    target: str = ""
    reason: str = ""
    basis: str = ""
    for_name: str = ""
    changes: tuple[Change, ...] = ()


def events(viewer: Viewer | None, declared: RecordType, view: RecordView, language: str = "") -> tuple[Event, ...]:
    """Steps and changes; to the public (None) the steps alone, without names and reasons."""
    language = viewer.language if viewer is not None else language
    taken = facade.steps(viewer, view.type, view.id)
    steps = [_step(declared, view, one, viewer is not None, language) for one in taken]
    changes = () if viewer is None else facade.changes(viewer, view.type, view.id)
    drawn = sorted([*steps, *(_change(declared, one, language) for one in changes)], key=lambda one: one.at)
    return tuple(reversed(_joined(drawn)))


def _joined(ordered: list[Event]) -> list[Event]:
    """Fields that a step asked are changed just before it: they stand with the step."""
    found: list[Event] = []
    for one in ordered:
        last = found[-1] if found else None
        if one.label and last and not last.label and last.by == one.by and one.at - last.at < TOGETHER:
            found[-1] = replace(one, changes=last.changes)
        else:
            found.append(one)
    return found


def _step(declared: RecordType, view: RecordView, step: StepView, near: bool, language: str) -> Event:
    states = {state.name: state for state in declared.life_of(view.process).states}
    state = states.get(step.target)
    return Event(
        step.at,
        step.by_name if near else "",
        step.label.say(language),
        shape_of(state),
        state.look if state else "",
        state.label.say(language) if state else step.target,
        step.reason if near else "",
        step.basis,
        step.for_name if near else "",
    )


def _change(declared: RecordType, change: ChangeView, language: str) -> Event:
    labels = labels_of(declared, language)
    return Event(
        change.at,
        change.by_name,
        changes=tuple(
            Change(name, labels.get(name, name), *(in_words(declared, name, text, language) for text in pair))
            for name, pair in change.fields.items()
        ),
    )
