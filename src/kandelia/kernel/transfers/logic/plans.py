"""What a person decides about a file of samples, as it is kept and as a mapping file writes it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from kandelia.base.errors import InvalidInput
from kandelia.base.samples import Kind

KINDS = {kind.name.lower(): kind for kind in Kind if kind is not Kind.MISSING}
TARGETS_MAX = 5_000


@dataclass(frozen=True, slots=True)
class Target:
    """Where the values of a column (or of a name, in a long table) go: an existing signal, or a new one.

    `signal` is the id of an existing one; else `machine` and `key` say which is to be made.
    """

    signal: str = ""
    machine: str = ""
    key: str = ""
    name: str = ""
    kind: str = "float"
    unit: str = ""

    @property
    def id(self) -> str:
        """The signal's id, of the one that is to be made too."""
        return self.signal or f"{self.machine.replace('/', '.')}.{self.key}"


@dataclass(frozen=True, slots=True)
class Time:
    """Which columns hold the time (a second one the time of day), how it is written, and in which zone."""

    columns: tuple[str, ...] = ()
    form: str = ""
    zone: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole mapping. What `targets` does not name is left out.

    wide: a column a signal. long: `names` and `value` are the columns of signal names and of values. `empty` says
    what an empty cell of a wide table is: nothing, or a missing value. `beyond` says what becomes of values outside
    a signal's range: kept with a line in the report, or left out.
    """

    form: Literal["wide", "long"] = "wide"
    time: Time = field(default_factory=Time)
    targets: Mapping[str, Target] = field(default_factory=dict)
    names: str = ""
    value: str = ""
    quality: str = ""
    empty: Literal["skip", "missing"] = "skip"
    beyond: Literal["keep", "skip"] = "keep"
    decimal: str = ""  # empty: as found


def read_plan(told: Any) -> Plan:
    """A plan from JSON or YAML; a target may be just the id of a signal. InvalidInput names the place."""
    if not isinstance(told, Mapping):
        raise InvalidInput("this is no mapping", "mapping", "write time: … and targets: …", "mapping")
    told = dict(told)
    targets = told.get("targets", told.pop("columns", {}))
    if not isinstance(targets, Mapping) or len(targets) > TARGETS_MAX:
        mend = f"write column: signal id lines, {TARGETS_MAX} at most"
        raise InvalidInput("the targets are no mapping", "mapping.targets", mend, "mapping")
    told["targets"] = {
        str(name): {"signal": target} if isinstance(target, str) else target
        for name, target in targets.items()
        if target not in (None, "", "skip")
    }
    if isinstance(told.get("time"), Mapping) and isinstance(told["time"].get("columns"), str):
        told["time"] = {**told["time"], "columns": [told["time"]["columns"]]}
    try:
        plan = msgspec.convert(told, Plan)
    except msgspec.ValidationError as error:
        raise InvalidInput(str(error)[:300], "mapping", "see docs/do/import-history.md", "mapping") from error
    for name, target in plan.targets.items():
        _check_target(name, target)
    return plan


def plain(plan: Plan) -> dict[str, Any]:
    """The plan as JSON keeps it."""
    told: dict[str, Any] = msgspec.to_builtins(plan)
    return told


def _check_target(name: str, target: Target) -> None:
    where = f'mapping of "{name[:60]}"'
    if not target.signal and not (target.machine and target.key):
        raise InvalidInput("neither a signal nor a machine and a key", where, "choose one, or skip it", "no-target")
    if target.kind not in KINDS:
        raise InvalidInput(f'kind "{target.kind[:20]}" is not known', where, f"use {', '.join(KINDS)}", "kind")
