"""Reads bounds, amounts and conditions: the closed operators, and nothing else."""

from typing import Any

from kandelia.apps.measures.logic.declarations import (
    Amount,
    Bound,
    Branch,
    Cap,
    Check,
    Choice,
    Condition,
    JointCeiling,
    Match,
    Names,
    PeriodCap,
    Rate,
    Window,
)
from kandelia.apps.measures.logic.nodes import Reader
from kandelia.sdk.documents import Item

OPERATORS = {
    "rate": ("parameter", "of", "exact"),
    "cap": ("parameter", "input", "name", "per", "less"),
    "cap_per_party_and_period": ("parameter", "used"),
    "match": ("parameter", "of", "less"),
    "joint_ceiling": ("parameter", "of", "counted"),
    "branch": ("on", "cases"),
}
NEEDS = {
    "rate": ("parameter", "of"),
    "cap": (),
    "cap_per_party_and_period": ("parameter", "used"),
    "match": ("parameter", "of"),
    "joint_ceiling": ("parameter", "of"),
    "branch": ("on", "cases"),
}


def read_bounds(reader: Reader, node: Any) -> tuple[Bound, ...]:
    """The bounds of a line."""
    found = (_bound(reader, one) for one in reader.nodes(node, "bounds"))
    return tuple(one for one in found if one is not None)


def _bound(reader: Reader, node: Any) -> Bound | None:
    holder = reader.mapping(node, "a bound", tuple(OPERATORS))
    if holder is None or len(holder.values) != 1:
        if holder is not None:
            reader.mistakes.add(node, "a bound names one operator", f"write one of {', '.join(OPERATORS)}")
        return None
    operator, body = next(iter(holder.values.items()))
    found = reader.mapping(body, operator, OPERATORS[operator], NEEDS[operator])
    if found is None:
        return None
    if operator == "branch":
        return _branch(reader, found)
    if operator == "cap":
        return _cap(reader, found)
    return _computed(reader, operator, found)


def _computed(reader: Reader, operator: str, found: Item) -> Bound:
    parameter = reader.text(found.values["parameter"], f"the parameter of {operator}")
    names = {key: _names(reader, found, key) for key in ("of", "used", "less", "counted")}
    if operator == "rate":
        return Rate(parameter, names["of"], reader.flag(found.values.get("exact"), "exact"))
    if operator == "match":
        return Match(parameter, names["of"], names["less"])
    if operator == "joint_ceiling":
        return JointCeiling(parameter, names["of"], names["counted"])
    return PeriodCap(parameter, names["used"])


def _cap(reader: Reader, found: Item) -> Bound:
    word = {
        key: reader.text(found.values.get(key), f"{key} of the cap") for key in ("parameter", "input", "name", "per")
    }
    if bool(word["parameter"]) == bool(word["input"]):
        reader.mistakes.add(found.node, "a cap has either a parameter or an input", "keep one of the two")
    name = word["name"] or word["parameter"] or word["input"]
    return Cap(name, word["parameter"], word["input"], word["per"], _names(reader, found, "less"))


def _branch(reader: Reader, found: Item) -> Branch:
    cases = {key: read_bounds(reader, node) for key, node in reader.named(found.values["cases"], "cases")}
    return Branch(reader.text(found.values["on"], "on"), cases)


def _names(reader: Reader, found: Item, key: str) -> Names:
    return reader.texts(found.values.get(key), key)


def read_amounts(reader: Reader, node: Any) -> dict[str, Amount]:
    """Amounts that are made of inputs: by an assumption, or within a window of time."""
    return {name: made for name, one in reader.named(node, "amounts") if (made := _amount(reader, name, one))}


def _amount(reader: Reader, name: str, node: Any) -> Amount | None:
    holder = reader.mapping(node, f'the amount "{name}"', ("branch", "window"))
    if holder is None or len(holder.values) != 1:
        reader.mistakes.add(node, f'the amount "{name}" is one of branch, window', "keep one of them")
        return None
    if "window" in holder.values:
        keys = ("receipts", "start", "parameter")
        found = reader.mapping(holder.values["window"], "a window", keys, keys)
        return None if found is None else Window(*(reader.text(found.values[key], key) for key in keys))
    found = reader.mapping(holder.values["branch"], "a branch", ("on", "cases"), ("on", "cases"))
    if found is None:
        return None
    cases = {key: reader.texts(one, "a case") for key, one in reader.named(found.values["cases"], "cases")}
    return Choice(reader.text(found.values["on"], "on"), cases)


def read_condition(reader: Reader, found: Item) -> Condition:
    """A condition: `yes` or `no` with an input, or a branch over an assumption."""
    name = reader.text(found.values["id"], "the id of a condition")
    words = reader.local(found.values["text"], "the text of a condition")
    if "branch" not in found.values:
        return Condition(name, words, (_check(reader, found),))
    branch = reader.mapping(found.values["branch"], "a branch", ("on", "cases"), ("on", "cases"))
    if branch is None:
        return Condition(name, words)
    cases = {key: _checks(reader, one) for key, one in reader.named(branch.values["cases"], "cases")}
    return Condition(name, words, (), reader.text(branch.values["on"], "on"), cases)


def _checks(reader: Reader, node: Any) -> tuple[Check, ...]:
    found = (reader.mapping(one, "a check", ("yes", "no")) for one in reader.nodes(node, "checks"))
    return tuple(_check(reader, one) for one in found if one is not None)


def _check(reader: Reader, found: Item) -> Check:
    wanted = "yes" in found.values
    if wanted == ("no" in found.values):
        reader.mistakes.add(found.node, "a check has either yes or no", "write yes: input, or no: input")
        return Check("", True)
    return Check(reader.text(found.values["yes" if wanted else "no"], "the input of a check"), wanted)
