"""What a dashboard's tiles draw: each tile with the rows and cards it names, in one language. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kandelia.apps.plant.logic.board import Card, LiveRow, card, live_row, machines_of
from kandelia.apps.plant.logic.tiles import Tile, TileKind, text_blocks
from kandelia.sdk.views import MachineView, SignalView, SiteView


@dataclass(frozen=True, slots=True)
class DrawnTile:
    """A tile as its template wants it; `missing` counts what it names and the plant no longer has."""

    tile: Tile
    place: int
    title: str
    rows: tuple[LiveRow, ...] = ()
    card: Card | None = None
    blocks: tuple[tuple[str, list[str]], ...] = ()
    missing: int = 0

    @property
    def kind(self) -> str:
        """For the template."""
        return self.tile.kind.value

    @property
    def label(self) -> str:
        """What a screen reader says of it."""
        return self.title or (self.card.name if self.card else self.kind)

    @property
    def numbers(self) -> str:
        """As the trend island takes them."""
        return ",".join(str(row.number) for row in self.rows)

    @property
    def first(self) -> LiveRow | None:
        """What a value tile shows."""
        return self.rows[0] if self.rows else None

    @property
    def names_nothing(self) -> bool:
        """True for a tile that was placed and not yet filled."""
        tile = self.tile
        return not (tile.signals or tile.machine or tile.text.strip())


def machines_named(tiles: Iterable[Tile], sites: Iterable[SiteView]) -> dict[str, MachineView]:
    """Path → machine of every card tile whose machine exists."""
    wanted = {tile.machine for tile in tiles if tile.kind is TileKind.CARD}
    return {machine.path: machine for machine in machines_of(sites) if machine.path in wanted} if wanted else {}


def drawn(
    tiles: Iterable[Tile],
    signals: Mapping[int, SignalView],
    machines: Mapping[str, MachineView],
    by_id: Mapping[str, SignalView],
    language: str,
) -> list[DrawnTile]:
    """Every tile in its order; what no longer exists is left out and counted."""
    return [_drawn(tile, place, signals, machines, by_id, language) for place, tile in enumerate(tiles)]


def _drawn(
    tile: Tile,
    place: int,
    signals: Mapping[int, SignalView],
    machines: Mapping[str, MachineView],
    by_id: Mapping[str, SignalView],
    language: str,
) -> DrawnTile:
    rows = tuple(live_row(signals[number], language) for number in tile.signals if number in signals)
    missing = len(tile.signals) - len(rows)
    if tile.kind is TileKind.CARD:
        found = machines.get(tile.machine)
        shown = card(found, by_id, language) if found else None
        return DrawnTile(tile, place, tile.title, card=shown, missing=int(bool(tile.machine) and found is None))
    title = tile.title or ", ".join(row.name for row in rows[:3])
    return DrawnTile(tile, place, title, rows, blocks=tuple(text_blocks(tile.text)), missing=missing)
