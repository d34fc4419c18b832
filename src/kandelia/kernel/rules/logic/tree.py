"""A checked expression as it travels to the data plane: small, typed, without any text to parse."""

import msgspec

CONSTANT, INPUT = "constant", "input"
NODES_MAX = 400
DEPTH_MAX = 40


class Node(msgspec.Struct, frozen=True, omit_defaults=True):
    """An operator over its arguments; `kind` (base.samples.Kind) is what it gives.

    `op` is CONSTANT (`value`), INPUT (`number`, a signal) or the name of an operator in `operators.OPERATORS`.
    """

    op: str
    kind: int
    args: tuple["Node", ...] = ()
    number: int = 0
    value: float | int | str | None = None


def inputs_of(node: Node) -> tuple[int, ...]:
    """The numbers of all signals that it reads, each once, in order."""
    found: dict[int, None] = {}
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if one.op == INPUT:
            found[one.number] = None
        waiting.extend(one.args)
    return tuple(sorted(found))
