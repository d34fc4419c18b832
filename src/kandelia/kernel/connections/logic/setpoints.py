"""Whether a value may be commanded of a signal: asked by the control plane, and again by the edge. Pure."""

import math

from kandelia.base.clock import NS_PER_S
from kandelia.base.errors import Conflict, InvalidInput, KandeliaError
from kandelia.base.samples import Kind
from kandelia.kernel.connections.contracts import WriteRule
from kandelia.kernel.connections.drivers import Value
from kandelia.kernel.connections.orders import INTEGER_MAX, TEXT_CHARACTERS_MAX

FLOAT_TOLERANCE = 1e-6  # relative: many devices hold 24 bits
NUMBERS = (Kind.FLOAT, Kind.INTEGER, Kind.ENUMERATION)


def as_kind(value: object, kind: Kind) -> Value:
    """The value in the signal's kind; InvalidInput where it is none of it."""
    if kind is Kind.TEXT and isinstance(value, str) and len(value) <= TEXT_CHARACTERS_MAX:
        return value
    if kind is Kind.BOOLEAN and isinstance(value, bool | int) and value in (0, 1):
        return bool(value)
    if kind in NUMBERS and isinstance(value, int | float) and not isinstance(value, bool):
        if kind is Kind.FLOAT and math.isfinite(value):
            return float(value)
        if kind is not Kind.FLOAT and math.isfinite(value) and int(value) == value and abs(value) <= INTEGER_MAX:
            return int(value)
    raise InvalidInput(f"{str(value)[:40]} is no {kind.name.lower()}", "value", _form(kind), "wrong-kind")


def check_rule(rule: WriteRule | None, value: Value) -> WriteRule:
    """The rule; InvalidInput where the signal cannot be commanded, or beyond its range."""
    if rule is None:
        raise InvalidInput(
            "this signal cannot be commanded", "signal", "an engineer can make it writable", "not-writable"
        )
    if isinstance(value, str | bool):
        return rule
    if (rule.low is not None and value < rule.low) or (rule.high is not None and value > rule.high):
        raise InvalidInput(f"{value:g} lies outside {_range(rule)}", "value", "give a value within", "out-of-range")
    return rule


def check_step(rule: WriteRule, value: Value, present: Value | None) -> None:
    """InvalidInput where the change is larger than one command may make, or cannot be told."""
    if rule.step_max is None or isinstance(value, str | bool):
        return
    if present is None or isinstance(present, str) or not math.isfinite(present):  # no comparison holds against NaN
        what = "the present value is not known, so the size of the step cannot be judged"
        raise InvalidInput(what, "value", "wait until the signal has a good value", "present-unknown")
    if abs(value - present) > rule.step_max * (1 + FLOAT_TOLERANCE):
        what = f"from {present:g} to {value:g} is more than {rule.step_max:g} in one step"
        raise InvalidInput(what, "value", "go there in smaller steps", "step-too-large")


def check_rate(rule: WriteRule, now_ns: int, last_ns: int) -> None:
    """Conflict where the last command (0: none) is not `rate_s` ago."""
    left_s = rule.rate_s - (now_ns - last_ns) / NS_PER_S
    if last_ns and left_s > 0:
        what = f"the last command is less than {rule.rate_s:g} s ago"
        raise Conflict(what, "signal", f"wait {math.ceil(left_s)} s", "too-soon")


def same(wanted: Value, found: Value | None, tolerance: float = 0.0) -> bool:
    """Whether what was read back is what was wanted, as far as a device can hold it."""
    if found is None or isinstance(wanted, str) or isinstance(found, str):
        return wanted == found
    return abs(float(wanted) - float(found)) <= max(tolerance, FLOAT_TOLERANCE * abs(wanted))


def words(error: BaseException) -> tuple[str, str, str]:
    """(code, what, mend) of an error."""
    if isinstance(error, KandeliaError):
        return error.code, error.what, error.mend
    return "driver-failed", f"{type(error).__name__}: {error}", "see the log of the edge role"


def _range(rule: WriteRule) -> str:
    ends = ("…" if end is None else f"{end:g}" for end in (rule.low, rule.high))
    return " – ".join(ends)


def _form(kind: Kind) -> str:
    if kind is Kind.TEXT:
        return f"give a text of at most {TEXT_CHARACTERS_MAX} characters"
    return {Kind.BOOLEAN: "give true or false", Kind.FLOAT: "give a number"}.get(kind, "give a whole number")
