"""An expression with the signals of an organisation: checked, and ready for the data plane."""

from collections.abc import Mapping
from typing import Any

import msgspec

from kandelia.base.errors import InvalidInput
from kandelia.base.samples import Kind
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.rules.logic.checking import Checked, Known, check, check_result
from kandelia.kernel.rules.logic.cycles import check_no_cycle
from kandelia.kernel.rules.models import Derivation
from kandelia.kernel.signals import store
from kandelia.kernel.signals.definitions import SignalView


def known(view: SignalView) -> Known:
    """A signal as an expression uses it."""
    labels = {text: code for code, label in view.labels.items() for text in (label.zh, label.en) if text}
    return Known(view.number, view.kind, view.unit, labels)


def compile_text(organisation: str, machine: str, expression: str, unit: str = "") -> Checked:
    """InvalidInput (where "expression" or "unit") says at which character. A reference without the machine's path is
    looked for on the machine first."""
    near = machine.replace("/", ".")

    def find(reference: str) -> Known | None:
        names = [f"{near}.{reference}", reference]
        found = store.by_ids(organisation, names)
        return next((known(found[name]) for name in names if name in found), None)

    checked = check(expression, find)
    check_result(checked, unit)
    return checked


def compiled(checked: Checked, organisation: str) -> dict[str, Any]:
    """What a row keeps of it."""
    views = store.by_numbers(organisation, checked.inputs)
    return {
        "root": msgspec.to_builtins(checked.root),
        "kind": int(checked.kind),
        "window_ns": checked.window_ns,
        "inputs": {str(number): int(views[number].kind) for number in checked.inputs},
    }


def check_cycles(organisation: str, number: int | None, signal: str, inputs: tuple[int, ...], own: int | None) -> None:
    """InvalidInput names the path on which a derived signal would depend on itself; `own` is its record."""
    if number is None:
        return
    rows = Derivation.objects.filter(entry__organisation_id=organisation).exclude(entry_id=own)
    graph = {row.number: [int(one) for one in row.compiled.get("inputs", {})] for row in rows if row.number is not None}
    graph[number] = list(inputs)
    names = {row.number: row.signal for row in rows if row.number is not None}
    check_no_cycle(number, graph, {**names, number: signal})


def kind_of(row: Derivation) -> Kind:
    """What its values are."""
    return Kind(row.compiled["kind"])


def usual(row: Any) -> None:
    """What a form leaves empty takes its usual value."""
    for column in row._meta.concrete_fields:
        if column.has_default() and getattr(row, column.attname) is None:
            setattr(row, column.attname, column.get_default())


def check_bounds(row: Any, bounds: Mapping[str, tuple[float, float]]) -> None:
    """InvalidInput names the first field outside."""
    for name, (low, high) in bounds.items():
        if not low <= getattr(row, name) <= high:
            raise InvalidInput(f"{getattr(row, name):g} is out of bounds", name, f"give {low:g} to {high:g}", "bounds")


def narrow(viewer: Viewer, rows: Any) -> Any:
    """Those records whose signals lie at the places of whoever sees only places."""
    numbers = rows.exclude(number=None).values_list("number", flat=True)
    return rows.filter(number__in=store.known(viewer.organisation, numbers, viewer.reach(Right.SEE)))
