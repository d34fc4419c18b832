"""What would have to change for signals to be as wanted. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.signals.logic.plant_file import SIGNAL
from kandelia.kernel.templates.definitions import Difference, FieldDifference, SignalDifference
from kandelia.kernel.templates.logic.documents import COMMAND, signal_document

FIELDS = tuple(name for name in SIGNAL if name not in ("key", "active"))  # neither is the template's to change


def difference(
    wanted: Iterable[SignalView], there: Mapping[str, SignalView], managed: Iterable[str] = ()
) -> Difference:
    """Signals by id: those that lack, those that differ, and those of `managed` (ids) that are wanted no longer.

    What is there keeps its number; a retired signal that is wanted again is taken into use.
    """
    added, changed, ids = [], [], set()
    for view in wanted:
        ids.add(view.id)
        before = there.get(view.id)
        if before is None:
            added.append(view)
        elif (after := replace(view, number=before.number)) != before:
            changed.append(SignalDifference(before, after, fields(before, after)))
    gone = [there[id] for id in managed if id in there and id not in ids and there[id].active]
    return Difference(tuple(added), tuple(changed), tuple(gone))


def views(found: Difference) -> list[SignalView]:
    """What is to be written."""
    retired = [replace(view, active=False) for view in found.retired]
    return [*found.added, *(one.after for one in found.changed), *retired]


def fields(before: SignalView, after: SignalView) -> tuple[FieldDifference, ...]:
    """The fields that differ, as texts."""
    old, new = _texts(before), _texts(after)
    return tuple(FieldDifference(name, old[name], new[name]) for name in old if old[name] != new[name])


def _texts(view: SignalView) -> dict[str, str]:
    usual: dict[str, Any] = {"type": "float", "decimals": 2, "period": "1s", "clash": "keep", "retention": 0}
    document = usual | signal_document(view)
    return {name: _text(document.get(name)) for name in FIELDS} | {"active": "yes" if view.active else "no"}


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        if set(value) & set(COMMAND):
            return ", ".join(f"{name} {_text(part)}" for name, part in value.items()) or "yes"
        return " / ".join(
            f"{code} {_text(part)}" if str(code).lstrip("-").isdigit() else _text(part) for code, part in value.items()
        )
    if isinstance(value, list):
        return " … ".join("" if end is None else f"{end:g}" for end in value)
    return "" if value is None else str(value)
