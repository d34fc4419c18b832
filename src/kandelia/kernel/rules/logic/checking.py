"""Types and units of an expression: a parse and the signals that it names become a tree, or an error says where."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from kandelia.base.clock import NS_PER_S
from kandelia.base.errors import InvalidInput
from kandelia.base.samples import Kind
from kandelia.base.units import check_unit
from kandelia.kernel.rules.logic import dimensions
from kandelia.kernel.rules.logic.dimensions import ONE, SECOND, Unit, unit_of
from kandelia.kernel.rules.logic.operators import STATELESS, WINDOW, WINDOWED
from kandelia.kernel.rules.logic.parsing import Parsed, parse, wrong
from kandelia.kernel.rules.logic.tree import CONSTANT, INPUT, Node, inputs_of

_DURATION = re.compile(r"([0-9]+)(ms|s|m|h|d)")
_LENGTHS_NS = {
    "ms": NS_PER_S // 1_000,
    "s": NS_PER_S,
    "m": 60 * NS_PER_S,
    "h": 3_600 * NS_PER_S,
    "d": 86_400 * NS_PER_S,
}
WINDOW_NS_MIN, WINDOW_NS_MAX = NS_PER_S, 31 * 86_400 * NS_PER_S
POWER_MAX = 9
NUMBERS = (Kind.FLOAT, Kind.INTEGER)
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")
WORDS = {
    Kind.FLOAT: "a float",
    Kind.INTEGER: "an integer",
    Kind.BOOLEAN: "a boolean",
    Kind.TEXT: "a text",
    Kind.ENUMERATION: "an enumeration",
}


@dataclass(frozen=True, slots=True)
class Known:
    """A signal as an expression may use it; `labels` are an enumeration's codes by label, in either language."""

    number: int
    kind: Kind
    unit: str = ""
    labels: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checked:
    """`window_ns` is 0 where no operator has a window; `unit` is None where it is not known."""

    root: Node
    kind: Kind
    unit: Unit | None
    window_ns: int
    inputs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Typed:
    node: Node
    kind: Kind
    at: int
    unit: Unit | None = None
    labels: Mapping[str, int] = field(default_factory=dict)
    windowed: bool = False
    free: bool = False  # a constant takes whatever unit it meets


def check(text: str, find: Callable[[str], Known | None]) -> Checked:
    """Parse and check; `find` knows a reference's signal. InvalidInput (where "expression") says at which character."""
    checking = _Checking(find)
    typed = checking.typed(parse(text), False)
    inputs = inputs_of(typed.node)
    if not inputs:
        raise wrong("it reads no signal", 1, "name one in braces, such as {temperature}")
    return Checked(typed.node, typed.kind, typed.unit, checking.window_ns, inputs)


def check_result(checked: Checked, unit: str) -> None:
    """The unit that its author gives the result must be the one that follows from the inputs, where both are known."""
    given = unit_of(check_unit(unit))
    if given is None or checked.unit is None or checked.unit.same(given):
        return
    if checked.unit.alike(given):
        raise InvalidInput(f"the expression gives another unit than {unit}", "unit", f'write to(…, "{unit}")', "unit")
    raise InvalidInput(f"the expression does not measure what {unit} measures", "unit", "give its own unit", "unit")


def duration_ns(text: str) -> int:
    """ "5m" as nanoseconds; ValueError for what is no duration."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(text)
    return int(match[1]) * _LENGTHS_NS[match[2]]


class _Checking:
    def __init__(self, find: Callable[[str], Known | None]) -> None:
        self.window_ns = 0
        self._find = find

    def typed(self, parsed: Parsed, inside: bool) -> _Typed:
        """The node of a piece; `inside`: it is the argument of an operator with a window."""
        if parsed.op == "reference":
            return self._reference(parsed)
        if parsed.op in ("number", "text", "boolean"):
            return _constant(parsed)
        if parsed.op == "length":
            raise wrong(
                "a length of time stands only last in an operator with a window", parsed.at, "see the operators"
            )
        if parsed.args and parsed.args[-1].op == "length":
            return self._windowed(parsed, inside)
        if parsed.op not in STATELESS:
            mend = f"write {parsed.op}(x, 5m)" if parsed.op in WINDOWED else "see the list of operators"
            raise wrong(f'there is no operator "{parsed.op}" without a window', parsed.at, mend)
        self._count(parsed, STATELESS[parsed.op].least, STATELESS[parsed.op].most, len(parsed.args))
        if parsed.op == "to":
            return _conversion(parsed, self.typed(parsed.args[0], inside))
        args = [self.typed(one, inside) for one in parsed.args]
        made = _apply(parsed, args)
        return replace(made, windowed=any(one.windowed for one in args))

    def _reference(self, parsed: Parsed) -> _Typed:
        known = self._find(parsed.value)
        if known is None:
            mend = "give its id as the list of signals shows it, or the key of a signal on the same machine"
            raise wrong(f'there is no signal "{parsed.value[:120]}"', parsed.at, mend, "no-signal")
        node = Node(INPUT, int(known.kind), number=known.number)
        return _Typed(node, known.kind, parsed.at, unit_of(known.unit), known.labels)

    def _count(self, parsed: Parsed, least: int, most: int, given: int) -> None:
        if not least <= given <= most:
            wanted = f"{least}" if least == most else f"{least} to {most}"
            raise wrong(f'"{parsed.op}" takes {wanted} values, not {given}', parsed.at, "see the list of operators")

    def _windowed(self, parsed: Parsed, inside: bool) -> _Typed:
        if parsed.op not in WINDOWED:
            raise wrong(f'"{parsed.op}" takes no window', parsed.at, "see the list of operators")
        if inside:
            raise wrong("a window within a window", parsed.at, "derive the inner one by itself and use that")
        self._count(parsed, 1, 1, len(parsed.args) - 1)
        self._one_window(parsed.args[-1])
        x = self.typed(parsed.args[0], True)
        kind, unit = _window_result(parsed, x)
        return _Typed(Node(WINDOW + parsed.op, int(kind), (x.node,)), kind, parsed.at, unit, x.labels, windowed=True)

    def _one_window(self, parsed: Parsed) -> None:
        length_ns = duration_ns(parsed.value)
        if not WINDOW_NS_MIN <= length_ns <= WINDOW_NS_MAX:
            raise wrong(f"a window of {parsed.value}", parsed.at, "use 1s to 31d")
        if self.window_ns not in (0, length_ns):
            raise wrong("windows of two lengths", parsed.at, "derive one of them by itself and use that")
        self.window_ns = length_ns


def _constant(parsed: Parsed) -> _Typed:
    value = parsed.value
    kind = Kind.BOOLEAN if isinstance(value, bool) else Kind.INTEGER if isinstance(value, int) else Kind.FLOAT
    kind = Kind.TEXT if isinstance(value, str) else kind
    stored = int(value) if kind is Kind.BOOLEAN else value
    return _Typed(Node(CONSTANT, int(kind), value=stored), kind, parsed.at, free=True)


def _apply(parsed: Parsed, args: list[_Typed]) -> _Typed:
    op = parsed.op
    if op in ("and", "or", "not"):
        _want(args, (Kind.BOOLEAN,), op)
        kind, unit = Kind.BOOLEAN, None
    elif op in _COMPARISONS:
        args, kind, unit = _compared(parsed, args), Kind.BOOLEAN, None
    elif op == "if":
        _want(args[:1], (Kind.BOOLEAN,), op)
        rest = _alike(parsed, args[1:])
        args = [args[0], *rest]
        kind, unit = _wider(rest), _one_unit(rest)
    else:
        _want(args, NUMBERS, op)
        kind, unit = _arithmetic(parsed, args)
    free = bool(args) and all(one.free for one in args)
    return _Typed(Node(op, int(kind), tuple(one.node for one in args)), kind, parsed.at, unit, free=free)


def _arithmetic(parsed: Parsed, args: list[_Typed]) -> tuple[Kind, Unit | None]:
    op, units = parsed.op, [one.unit for one in args]
    if op in ("*", "/"):
        left, right = units  # a plain number may carry a unit of its own: then nothing is known
        known = None if left is None or right is None else left * right if op == "*" else left / right
        return (Kind.FLOAT if op == "/" else _wider(args)), known
    if op == "^":
        return Kind.FLOAT, _powered(args)
    if op in ("neg", "abs"):
        return args[0].kind, units[0]
    if op == "round":
        return Kind.FLOAT, units[0]
    return _wider(args), _one_unit(args)


def _powered(args: list[_Typed]) -> Unit | None:
    power = args[1].node.value
    if args[0].unit is None or not isinstance(power, int) or abs(power) > POWER_MAX:
        return None
    return args[0].unit.to_power(power)


def _compared(parsed: Parsed, args: list[_Typed]) -> list[_Typed]:
    if parsed.op not in ("==", "!="):
        _want(args, NUMBERS, parsed.op)
    else:
        args = _alike(parsed, args)
    _one_unit(args)
    return args


def _alike(parsed: Parsed, args: list[_Typed]) -> list[_Typed]:
    """Both numbers, or of one kind; a text beside an enumeration stands for the label's code."""
    left, right = _labelled(args[0], args[1]), _labelled(args[1], args[0])
    if left.kind in NUMBERS and right.kind in NUMBERS:
        return [left, right]
    codes = (Kind.ENUMERATION, Kind.INTEGER)
    if left.kind is not right.kind and not (left.kind in codes and right.kind in codes):
        what = f'"{parsed.op}" is given {WORDS[left.kind]} and {WORDS[right.kind]}'
        raise wrong(what, right.at, "give two of one type", "type")
    return [left, right]


def _labelled(one: _Typed, beside: _Typed) -> _Typed:
    if one.kind is not Kind.TEXT or not one.free or beside.kind is not Kind.ENUMERATION:
        return one
    code = beside.labels.get(str(one.node.value))
    if code is None:
        labels = ", ".join(f'"{label}"' for label in list(beside.labels)[:10]) or "none"
        raise wrong(f'"{one.node.value}" is no label of the signal', one.at, f"its labels: {labels}", "type")
    return replace(one, node=Node(CONSTANT, int(Kind.ENUMERATION), value=code), kind=Kind.ENUMERATION)


def _want(args: list[_Typed], kinds: tuple[Kind, ...], op: str) -> None:
    for one in args:
        if one.kind not in kinds:
            wanted = "a number" if kinds == NUMBERS else " or ".join(WORDS[kind] for kind in kinds)
            raise wrong(f'"{op}" wants {wanted} and is given {WORDS[one.kind]}', one.at, "see its type", "type")


def _wider(args: list[_Typed]) -> Kind:
    kinds = {one.kind for one in args}
    return Kind.FLOAT if kinds == set(NUMBERS) else args[0].kind


def _one_unit(args: list[_Typed]) -> Unit | None:
    """The unit that all share; an error where two known ones differ."""
    known = [one for one in args if one.unit is not None]
    for one in known[1:]:
        first = known[0].unit
        assert first is not None  # noqa: S101 — filtered above
        assert one.unit is not None  # noqa: S101
        if not first.alike(one.unit):
            raise wrong("this and what stands before it measure different things", one.at, "see their units", "unit")
        if not first.same(one.unit):
            raise wrong("this has another unit than what stands before it", one.at, "convert it with to(…)", "unit")
    return known[0].unit if known else None


def _conversion(parsed: Parsed, x: _Typed) -> _Typed:
    """`to` becomes a product and a sum, so that the data plane knows of no units."""
    _want([x], NUMBERS, "to")
    code = parsed.args[1].value
    if parsed.args[1].op != "text":
        raise wrong('"to" wants the unit as a text', parsed.args[1].at, 'write to(x, "kW")')
    try:
        target = unit_of(check_unit(code))
    except InvalidInput as error:
        raise wrong(error.what, parsed.args[1].at, error.mend, "unit") from None
    if target is None or x.unit is None:
        what = f"{code} cannot be converted to" if target is None else "the unit of this value is not known"
        raise wrong(
            what, parsed.args[1].at if target is None else x.at, "give the signal its unit, or multiply", "unit"
        )
    if not x.unit.alike(target):
        raise wrong(f"this does not measure what {code} measures", x.at, "see its unit", "unit")
    factor, offset = dimensions.conversion(x.unit, target)
    node = Node("*", int(Kind.FLOAT), (x.node, Node(CONSTANT, int(Kind.FLOAT), value=factor)))
    if offset:
        node = Node("+", int(Kind.FLOAT), (node, Node(CONSTANT, int(Kind.FLOAT), value=offset)))
    return _Typed(node, Kind.FLOAT, parsed.at, target, windowed=x.windowed)


def _window_result(parsed: Parsed, x: _Typed) -> tuple[Kind, Unit | None]:
    op = parsed.op
    if op == "count":
        return Kind.INTEGER, ONE
    if op in ("first", "last"):
        return x.kind, x.unit
    if op == "duration":
        _want([x], (Kind.BOOLEAN,), op)
        return Kind.FLOAT, SECOND
    _want([x], (*NUMBERS, Kind.BOOLEAN) if op in ("avg", "time_weighted") else NUMBERS, op)
    if op == "rate":
        return Kind.FLOAT, x.unit / SECOND if x.unit else None
    return (x.kind if op in ("min", "max", "delta") else Kind.FLOAT), (ONE if x.kind is Kind.BOOLEAN else x.unit)
