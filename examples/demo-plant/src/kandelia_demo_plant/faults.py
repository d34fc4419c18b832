"""Faults one can switch on, and what they do to the physics as functions of the time since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kandelia_demo_plant.declaration import Name

Array = np.ndarray[Any, Any]

BEARING_WEAR = "bearing-wear"
ZONE_DRIFT = "zone-drift"
LEAK = "leak"
LINE_STOP = "line-stop"
SENSOR_FROZEN = "sensor-frozen"
SENSOR_FAILED = "sensor-failed"
NETWORK_CUT = "network-cut"
NETWORK_SILENT = "network-silent"


@dataclass(frozen=True, slots=True)
class FaultKind:
    """A fault that can be had: `machines` it can befall (the first is the default; none: the whole plant)."""

    name: str
    title: Name
    machines: tuple[str, ...] = ()
    signal: str = ""  # default signal key where it befalls a sensor


_COMPRESSORS = ("compressor-1", "compressor-2", "compressor-3")
_ANY_MACHINE = ("smt1-oven",)

FAULT_KINDS: Mapping[str, FaultKind] = {
    kind.name: kind
    for kind in (
        FaultKind(
            BEARING_WEAR,
            Name("轴承磨损：振动与轴承温度上升", "Bearing wears: vibration and bearing temperature rise"),
            _COMPRESSORS,
        ),
        FaultKind(
            ZONE_DRIFT,
            Name(
                "炉温区加热元件老化：温度下滑、输出饱和",
                "Oven zone 5 loses power: it sags below its set point at full output",
            ),
            ("smt1-oven", "smt2-oven"),
        ),
        FaultKind(
            LEAK,
            Name("压缩空气泄漏：加载率上升、压力下降", "Air leak: compressors load more often, pressure is lower"),
            ("air-receiver",),
        ),
        FaultKind(
            LINE_STOP,
            Name("产线停机：贴片机故障，上下游待机", "Line stop: placer 1 faults, its neighbours idle"),
            ("smt1", "smt2"),
        ),
        FaultKind(
            SENSOR_FROZEN,
            Name("传感器冻结：数值不变，质量仍为好", "Sensor frozen: its value stays, quality stays good"),
            _ANY_MACHINE,
            "zone-3-temperature",
        ),
        FaultKind(
            SENSOR_FAILED,
            Name("传感器失效：质量 BadSensorFailure", "Sensor failed: quality BadSensorFailure"),
            _ANY_MACHINE,
            "zone-7-temperature",
        ),
        FaultKind(NETWORK_CUT, Name("网络断开：连接被关闭并拒绝", "Network cut: connections are closed and refused")),
        FaultKind(
            NETWORK_SILENT,
            Name("网络静默：接受连接但从不应答", "Network silent: connections are accepted and never answered"),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault that is on since `since` (seconds, UTC)."""

    name: str
    since: int
    machine: str = ""
    signal: str = ""


class UnknownFault(ValueError):
    """The fault, machine or signal named is not one of the plant's; the message says which there are."""


def make_fault(name: str, machine: str, signal: str, since: int, signals: Mapping[str, Sequence[str]]) -> Fault:
    """A checked fault; `signals` are the signal keys by machine key. UnknownFault otherwise."""
    kind = FAULT_KINDS.get(name)
    if kind is None:
        raise UnknownFault(f'"{name}" is not a fault; there are {", ".join(FAULT_KINDS)}')
    if not kind.machines:
        return Fault(name, since)
    machine = machine or kind.machines[0]
    if not kind.signal:
        if machine not in kind.machines:
            raise UnknownFault(f'"{machine}" cannot have {name}; choose from {", ".join(kind.machines)}')
        return Fault(name, since, machine)
    if machine not in signals:
        raise UnknownFault(f'"{machine}" is not a machine; there are {", ".join(signals)}')
    signal = signal or (kind.signal if kind.signal in signals[machine] else signals[machine][0])
    if signal not in signals[machine]:
        raise UnknownFault(f'"{machine}" has no signal "{signal}"; there are {", ".join(signals[machine])}')
    return Fault(name, since, machine, signal)


@dataclass(frozen=True, slots=True)
class Effects:
    """The faults that are on, as the physics ask for them."""

    faults: tuple[Fault, ...] = ()

    def minutes(self, name: str, machines: Sequence[str], times: Array) -> Array:
        """Minutes since the fault befell each machine, 0 where it did not: [n, machines]."""
        since = {fault.machine: fault.since for fault in self.faults if fault.name == name}
        if not since.keys() & set(machines):
            return np.zeros((len(times), len(machines)))
        columns = [np.maximum(times - since[m], 0) / 60 if m in since else np.zeros(len(times)) for m in machines]
        return np.stack(columns, axis=1)

    def sensors(self, name: str) -> set[tuple[str, str]]:
        """Machine and signal keys of frozen or failed sensors."""
        return {(fault.machine, fault.signal) for fault in self.faults if fault.name == name}

    def has(self, name: str) -> bool:
        """True while any fault of this name is on."""
        return any(fault.name == name for fault in self.faults)
