"""A dashboard's document: tiles on a grid of twelve columns. Pure: read, checked, written; schema 1.

A tile's place is (x, y), its size (w, h), in cells; tiles never overlap. What a tile draws follows from its kind:
trend and table name signals, value one signal, card a machine by path, text its own words.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Any

from kandelia.apps.plant.logic import documents
from kandelia.apps.plant.logic.windows import WINDOWS

SCHEMA = 1
COLUMNS = 12
ROWS_MAX = 60
HEIGHT_MAX = 12
TILES_MAX = 40
TITLE_LENGTH_MAX = 120
TEXT_LENGTH_MAX = 4_000
PATH_LENGTH_MAX = 250
TREND_SIGNALS_MAX = 8
TABLE_SIGNALS_MAX = 100
NAMES = ("kind", "x", "y", "w", "h", "title", "signals", "machine", "window", "text")


class TileKind(StrEnum):
    """What a tile shows."""

    TREND = "trend"
    VALUE = "value"
    CARD = "card"
    TABLE = "table"
    TEXT = "text"


SIGNALS_MAX = {TileKind.TREND: TREND_SIGNALS_MAX, TileKind.VALUE: 1, TileKind.TABLE: TABLE_SIGNALS_MAX}


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile; empty fields are those its kind does not use."""

    kind: TileKind
    x: int
    y: int
    w: int
    h: int
    title: str = ""
    signals: tuple[int, ...] = ()
    machine: str = ""
    window: str = "1h"
    text: str = ""

    def overlaps(self, other: "Tile") -> bool:
        """True where both cover one cell."""
        return (
            self.x < other.x + other.w
            and other.x < self.x + self.w
            and self.y < other.y + other.h
            and other.y < self.y + self.h
        )


def read_tiles(body: Any) -> tuple[Tile, ...]:
    """The tiles of a dashboard's document, from top to bottom; InvalidInput names the tile and field that is wrong."""
    given = documents.mapping(body, "body", ("schema", "tiles"))
    documents.schema(given, SCHEMA)
    tiles = given.get("tiles", [])
    if not isinstance(tiles, list) or len(tiles) > TILES_MAX:
        raise documents.wrong("this is no list within its limits", "tiles", f"send at most {TILES_MAX} tiles")
    read = [_tile(one, f"tiles[{place}]") for place, one in enumerate(tiles)]
    for (place, one), (other_place, other) in combinations(enumerate(read), 2):
        if one.overlaps(other):
            where = f"tiles[{place}] and tiles[{other_place}]"
            raise documents.wrong("two tiles overlap", where, "move one of them")
    return tuple(sorted(read, key=lambda tile: (tile.y, tile.x)))


def _tile(value: Any, where: str) -> Tile:
    given = documents.mapping(value, where, NAMES)
    kind = TileKind(documents.choice(given.get("kind"), f"{where}.kind", tuple(TileKind)))
    x = documents.whole(given.get("x"), f"{where}.x", 0, COLUMNS - 1)
    y = documents.whole(given.get("y"), f"{where}.y", 0, ROWS_MAX - 1)
    return Tile(
        kind=kind,
        x=x,
        y=y,
        w=documents.whole(given.get("w"), f"{where}.w", 1, COLUMNS - x),
        h=documents.whole(given.get("h"), f"{where}.h", 1, min(HEIGHT_MAX, ROWS_MAX - y)),
        title=documents.text(given.get("title", ""), f"{where}.title", TITLE_LENGTH_MAX).strip(),
        signals=documents.numbers(given.get("signals", []), f"{where}.signals", SIGNALS_MAX.get(kind, 0)),
        machine=documents.text(given.get("machine", ""), f"{where}.machine", PATH_LENGTH_MAX).strip("/ "),
        window=documents.choice(given.get("window", "1h"), f"{where}.window", WINDOWS),
        text=documents.text(given.get("text", ""), f"{where}.text", TEXT_LENGTH_MAX),
    )


def write_tiles(tiles: Iterable[Tile]) -> dict[str, Any]:
    """The document of these tiles, without the fields that a tile leaves as they are by default."""
    return {"schema": SCHEMA, "tiles": [_written(tile) for tile in tiles]}


def _written(tile: Tile) -> dict[str, Any]:
    kept: dict[str, Any] = {"kind": tile.kind.value, "x": tile.x, "y": tile.y, "w": tile.w, "h": tile.h}
    optional: Mapping[str, Any] = {
        "title": tile.title,
        "signals": list(tile.signals),
        "machine": tile.machine,
        "window": tile.window if tile.kind is TileKind.TREND else "",
        "text": tile.text,
    }
    return {**kept, **{name: value for name, value in optional.items() if value}}


def signals_in(tiles: Iterable[Tile]) -> set[int]:
    """Numbers of every signal that some tile names."""
    return {number for tile in tiles for number in tile.signals}


def text_blocks(text: str) -> list[tuple[str, list[str]]]:
    """A text tile as blocks: ("head", [line]) for a line after "# ", ("list", lines) for "- ", or ("text", …).

    Nothing else is markup: what a person writes is shown as written.
    """
    blocks: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        kind, shown = ("head", line[2:]) if line.startswith("# ") else ("text", line)
        if line.startswith("- "):
            kind, shown = "list", line[2:]
        if not line.strip():
            blocks.append(("", []))
        elif kind != "head" and blocks and blocks[-1][0] == kind:
            blocks[-1][1].append(shown)
        else:
            blocks.append((kind, [shown]))
    return [block for block in blocks if block[0]]
