"""What the form of a new connection holds, before anything is saved: fields, rows of signals, names."""

import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from kandelia.base.errors import InvalidInput
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.sdk.connecting import Node, Reading, Setting

ROWS_MAX = 200
KEY_LENGTH_MAX = 40
NODE_CHARACTERS_MAX = 6_000
KINDS = {kind.name.lower(): kind for kind in Kind if kind is not Kind.MISSING}


@dataclass(frozen=True, slots=True)
class Field:
    """A setting as the page draws it; a secret is never sent back to the page."""

    key: str
    kind: str
    label: str
    help: str
    value: str
    required: bool
    more: bool
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A signal to be made; `place` numbers its fields. `shown` is what its address said when it was read."""

    place: int
    address: str
    key: str
    name: str
    kind: str
    unit: str
    shown: str = ""
    why: str = ""


def fields_of(settings: Iterable[Setting], given: Mapping[str, str], language: str) -> list[Field]:
    """The fields with what was typed, else what the driver says."""
    return [
        Field(
            key=one.key,
            kind=one.kind,
            label=one.label.say(language),
            help=one.help.say(language),
            value="" if one.kind == "secret" else given.get(one.key, str(one.default)),
            required=one.required,
            more=one.more,
            choices=one.choices,
        )
        for one in settings
    ]


def rows_of(given: Mapping[str, str], nodes: Sequence[str]) -> list[Row]:
    """The rows that stand in the form, then one for each node that was chosen and is not among them.

    InvalidInput for more than ROWS_MAX.
    """
    places = sorted({int(found[1]) for name in given if (found := re.fullmatch(r"row\.(\d{1,6})\.address", name))})
    rows = [_row(given, place) for place in places]
    known = {row.address for row in rows}
    for text in nodes:
        chosen = _chosen(text)
        if chosen is not None and chosen["address"] not in known:
            keys = {row.key for row in rows}
            name = chosen["name"]
            rows.append(
                Row(len(rows), chosen["address"], key_of(name, keys, "signal"), name, chosen["kind"], chosen["unit"])
            )
            known.add(chosen["address"])
    if len(rows) > ROWS_MAX:
        raise InvalidInput(f"{len(rows)} signals at once", mend=f"choose {ROWS_MAX} at most, then add more afterwards")
    return [replace(row, place=place) for place, row in enumerate(rows)]


def _row(given: Mapping[str, str], place: int) -> Row:
    def cell(name: str) -> str:
        return given.get(f"row.{place}.{name}", "").strip()

    kind = cell("kind")
    return Row(place, cell("address"), cell("key"), cell("name"), kind if kind in KINDS else "float", cell("unit"))


def _chosen(text: str) -> dict[str, str] | None:
    """A node as its check box carries it; None for what no page of ours sent."""
    try:
        told: Any = json.loads(text) if len(text) <= NODE_CHARACTERS_MAX else None
    except ValueError:
        return None
    if not isinstance(told, dict) or not all(isinstance(value, str) for value in told.values()):
        return None
    return told if set(told) == {"address", "name", "kind", "unit"} and told["kind"] in KINDS else None


def carried(node: Node) -> str:
    """What a node's check box carries."""
    kind = (node.kind or Kind.FLOAT).name.lower()
    return json.dumps({"address": node.address, "name": node.name, "kind": kind, "unit": node.unit})


def with_readings(rows: Iterable[Row], readings: Mapping[str, Reading]) -> list[Row]:
    """The rows with what their addresses said."""
    return [_read(row, readings.get(row.address)) for row in rows]


def _read(row: Row, reading: Reading | None) -> Row:
    if reading is None:
        return row
    value = reading.value
    shown = "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)
    return replace(row, shown=shown[:80], why=reading.why)


def key_of(name: str, taken: Collection[str], otherwise: str) -> str:
    """A free key from a name: its Latin letters and digits; `otherwise` with a number where it has none."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:KEY_LENGTH_MAX].strip("-") or otherwise
    key, number = stem, 1
    while key in taken:
        number += 1
        key = f"{stem}-{number}"
    return key


def named(name: str, language: str) -> LocalText:
    """A name typed in the reader's language."""
    return LocalText(name, "") if language == "zh" else LocalText("", name)
