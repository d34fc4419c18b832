"""What the plant declares of itself: the one source of the address space, the plant file and the history's ids."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

SITE = "sample"
NAMESPACE = "urn:sample-electronics:plant"


class Kind(IntEnum):
    """What a signal holds; the numbers are those of the history file's column `kind`."""

    MISSING = 0
    FLOAT = 1
    INTEGER = 2
    BOOLEAN = 3
    TEXT = 4
    ENUMERATION = 5


class State(IntEnum):
    """What a machine does (设备状态)."""

    STOPPED = 0
    IDLE = 1
    RUNNING = 2
    SETUP = 3
    FAULT = 4


# As plain numbers for the physics: an array compared with an enumeration's member is many times slower.
STOPPED, IDLE, RUNNING, SETUP, FAULT = range(5)


@dataclass(frozen=True, slots=True)
class Name:
    """A name for people."""

    zh: str
    en: str


STATE_LABELS: Mapping[int, Name] = {
    State.STOPPED: Name("停机", "Stopped"),
    State.IDLE: Name("待机", "Idle"),
    State.RUNNING: Name("运行", "Running"),
    State.SETUP: Name("换型", "Set-up"),
    State.FAULT: Name("故障", "Fault"),
}


@dataclass(frozen=True, slots=True)
class Signal:
    """One signal. `noise` is the standard deviation of its sensor, `wide` asks for UInt64 on the wire."""

    key: str
    name: Name
    kind: Kind
    unit: str = ""  # UCUM
    low: float | None = None
    high: float | None = None
    decimals: int = 0
    noise: float = 0.0
    period_s: int = 1
    labels: Mapping[int, Name] = field(default_factory=dict)
    on_change: bool = False  # sent when it changes, not at each period
    settable: bool = False  # operators may write it at the controller


@dataclass(frozen=True, slots=True)
class Machine:
    """One machine; `group` names the physics it shares with its like."""

    key: str
    name: Name
    group: str
    area: str
    signals: tuple[Signal, ...]
    line: str = ""
    card: tuple[str, ...] = ()
    state: str = ""

    @property
    def id(self) -> str:
        """Site, area and machine joined by dots, as in a signal's id."""
        return f"{SITE}.{self.area}.{self.key}"


@dataclass(frozen=True, slots=True)
class Line:
    """A production line."""

    key: str
    name: Name


@dataclass(frozen=True, slots=True)
class Area:
    """A part of the site."""

    key: str
    name: Name
    lines: tuple[Line, ...] = ()


def measured(
    key: str,
    zh: str,
    en: str,
    unit: str,
    low: float,
    high: float,
    *,
    decimals: int = 1,
    noise: float = 0.0,
    period_s: int = 1,
) -> Signal:
    """A float from a sensor."""
    return Signal(key, Name(zh, en), Kind.FLOAT, unit, low, high, decimals, noise, period_s)


def set_point(key: str, zh: str, en: str, unit: str, low: float, high: float) -> Signal:
    """A float that a controller holds to, and an operator may set."""
    return Signal(key, Name(zh, en), Kind.FLOAT, unit, low, high, 1, settable=True)


def counter(key: str, zh: str, en: str, unit: str = "1", *, period_s: int = 1) -> Signal:
    """A 64-bit integer that only grows."""
    return Signal(key, Name(zh, en), Kind.INTEGER, unit, 0.0, None, period_s=period_s)


def number(key: str, zh: str, en: str, unit: str = "1", low: float = 0.0, high: float = 1000.0) -> Signal:
    """A whole number that goes up and down."""
    return Signal(key, Name(zh, en), Kind.INTEGER, unit, low, high)


def flag(key: str, zh: str, en: str) -> Signal:
    """A boolean, sent when it changes."""
    return Signal(key, Name(zh, en), Kind.BOOLEAN, on_change=True)


def text(key: str, zh: str, en: str) -> Signal:
    """A text, sent when it changes."""
    return Signal(key, Name(zh, en), Kind.TEXT, on_change=True)


def choice(key: str, zh: str, en: str, labels: Mapping[int, Name]) -> Signal:
    """An enumeration, sent when it changes."""
    return Signal(key, Name(zh, en), Kind.ENUMERATION, labels=labels, on_change=True)


def state_signal() -> Signal:
    """The state that every machine with a drive or a program has."""
    return choice("state", "状态", "State", STATE_LABELS)


def signal_id(machine: Machine, signal: Signal) -> str:
    """The id under which the signal is known everywhere: "site.area.machine.key"."""
    return f"{machine.id}.{signal.key}"


def ids(machines: Sequence[Machine]) -> list[str]:
    """All signal ids in plant order."""
    return [signal_id(machine, signal) for machine in machines for signal in machine.signals]
