"""What a signal's definition must keep to."""

import math
from dataclasses import replace

from kandelia.base.errors import InvalidInput
from kandelia.base.ids import plain_id
from kandelia.base.samples import Kind
from kandelia.base.units import check_unit
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.things.logic.paths import KEY_LENGTH_MAX, check_name

ADDRESS_LENGTH_MAX = 400
DECIMALS_MAX = 9
RETENTION_MAX = 255
PERIOD_MS_MIN = 1
PERIOD_MS_MAX = 7 * 24 * 3_600_000
LABELS_MAX = 200
SEARCH_LENGTH_MAX = 900
RATE_S_MAX = 86_400
CODE_MAX = 2**63 - 1


def check_signal(view: SignalView) -> SignalView:
    """The definition, its id made from machine and key; InvalidInput names the field that is wrong."""
    where = f"signal {view.key[:80]}"
    if len(plain_id(view.key, f"{where}, key")) > KEY_LENGTH_MAX:
        raise _wrong(where, "key", "is too long", f"use {KEY_LENGTH_MAX} characters at most")
    check_name(view.name, where)
    if view.kind is Kind.MISSING:
        raise _wrong(where, "type", "is missing", "use float, integer, boolean, text or enumeration")
    try:
        check_unit(view.unit)
    except InvalidInput as error:
        raise InvalidInput(error.what, f"{where}, unit", error.mend, error.code) from error
    _check_range(view, where)
    _check_labels(view, where)
    _check_bounds(view, where)
    _check_commands(view, where)
    return replace(view, id=signal_id(view.machine, view.key))


def signal_id(machine: str, key: str) -> str:
    """ "site.area.machine.key" from a machine's path."""
    return f"{machine.replace('/', '.')}.{key}"


def search_text(view: SignalView) -> str:
    """What the search looks through, case-folded."""
    return " ".join((view.id, view.name.zh, view.name.en)).casefold()[:SEARCH_LENGTH_MAX]


def _check_range(view: SignalView, where: str) -> None:
    ends = [end for end in (view.low, view.high) if end is not None]
    if not all(math.isfinite(end) for end in ends):
        raise _wrong(where, "range", "is not finite", "give numbers, or null for an open end")
    if len(ends) == 2 and ends[0] >= ends[1]:
        raise _wrong(where, "range", f"begins at {ends[0]:g} and ends at {ends[1]:g}", "give the lower end first")


def _check_labels(view: SignalView, where: str) -> None:
    if view.labels and view.kind is not Kind.ENUMERATION:
        raise _wrong(where, "labels", "belong to enumerations only", "leave them out, or set type: enumeration")
    if len(view.labels) > LABELS_MAX:
        raise _wrong(where, "labels", f"are {len(view.labels)}", f"give {LABELS_MAX} at most")
    if any(abs(code) > CODE_MAX for code in view.labels):
        raise _wrong(where, "labels", "hold a code beyond 64 bits", "give smaller codes")


def _check_bounds(view: SignalView, where: str) -> None:
    bounds = (
        ("decimals", view.decimals, 0, DECIMALS_MAX),
        ("retention", view.retention, 0, RETENTION_MAX),
        ("period", view.period_ms, PERIOD_MS_MIN, PERIOD_MS_MAX),
        ("address length", len(view.address), 0, ADDRESS_LENGTH_MAX),
    )
    for name, value, low, high in bounds:
        if not low <= value <= high:
            raise _wrong(where, name, f"is {value}", f"give {low} to {high}")
    if view.clash not in ("keep", "replace"):
        raise _wrong(where, "clash", f'is "{view.clash}"', "use keep or replace")


def _check_commands(view: SignalView, where: str) -> None:
    """What may be commanded: a number only within a range that is said."""
    ends = (view.command_low, view.command_high)
    if not all(math.isfinite(one) for one in (*ends, view.step_max, view.rate_s) if one is not None):
        raise _wrong(where, "command_range", "is not finite", "give numbers")
    if view.writable and view.kind in (Kind.FLOAT, Kind.INTEGER) and None in ends:
        raise _wrong(where, "command_range", "is missing", "say between which values it may be commanded")
    if ends[0] is not None and ends[1] is not None and ends[0] >= ends[1]:
        what = f"begins at {ends[0]:g} and ends at {ends[1]:g}"
        raise _wrong(where, "command_range", what, "give the lower end first")
    if view.step_max is not None and view.step_max <= 0:
        raise _wrong(where, "step_max", f"is {view.step_max:g}", "give a positive number, or leave it out")
    if not 0 <= view.rate_s <= RATE_S_MAX:
        raise _wrong(where, "rate_s", f"is {view.rate_s:g}", f"give 0 to {RATE_S_MAX} seconds")


def _wrong(where: str, field: str, what: str, mend: str) -> InvalidInput:
    return InvalidInput(f"{field} {what}", f"{where}, {field}", mend, f"invalid-{field.split()[0]}")
