"""Promise: a dashboard's document is read whole or refused by the name of what is wrong; writing it loses nothing."""

import pytest

from kandelia.apps.plant.logic.comparison import read_comparison, write_comparison
from kandelia.apps.plant.logic.tiles import TILES_MAX, read_tiles, text_blocks, write_tiles
from kandelia.base.errors import InvalidInput

TREND = {"kind": "trend", "x": 0, "y": 0, "w": 6, "h": 4, "signals": [7, 8], "window": "8h", "title": "炉温"}
TEXT = {"kind": "text", "x": 6, "y": 0, "w": 6, "h": 2, "text": "# Shift\n- one\n- two"}


def of(*tiles: object) -> dict[str, object]:
    return {"schema": 1, "tiles": list(tiles)}


def test_it_is_written_as_it_was_read_from_top_to_bottom() -> None:
    low = {"kind": "value", "x": 0, "y": 9, "w": 3, "h": 2, "signals": [7]}
    assert write_tiles(read_tiles(of(low, TEXT, TREND))) == of(TREND, TEXT, low)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ([], "body"),
        ({"schema": 2, "tiles": []}, "schema"),
        ({"tiles": []}, "schema"),
        ({"schema": True, "tiles": []}, "schema"),
        ({**of(), "style": "x"}, "body"),
        (of(*[TREND] * (TILES_MAX + 1)), "tiles"),
        (of({**TREND, "kind": "clock"}), "tiles[0].kind"),
        (of({**TREND, "x": 12}), "tiles[0].x"),
        (of({**TREND, "x": 7}), "tiles[0].w"),
        (of({**TREND, "h": 1.5}), "tiles[0].h"),
        (of({**TREND, "y": True}), "tiles[0].y"),
        (of(TEXT, {**TREND, "signals": [0]}), "tiles[1].signals[0]"),
        (of({**TREND, "signals": list(range(1, 10))}), "tiles[0].signals"),
        (of({**TREND, "window": "2h"}), "tiles[0].window"),
        (of({**TEXT, "text": "\0"}), "tiles[0].text"),
        (of({**TEXT, "title": "\ud800"}), "tiles[0].title"),
        (of(TREND, {**TEXT, "x": 5}), "tiles[0] and tiles[1]"),
    ],
)
def test_what_is_wrong_is_named(body: object, where: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_tiles(body)
    assert refused.value.where == where
    assert refused.value.mend


def test_a_text_is_shown_as_written_but_for_headings_and_lists() -> None:
    assert text_blocks("# A\nb\nc\n\n- d\n- e\n<b>") == [
        ("head", ["A"]),
        ("text", ["b", "c"]),
        ("list", ["d", "e"]),
        ("text", ["<b>"]),
    ]


def test_a_comparison_becomes_its_address() -> None:
    body = {"schema": 1, "signals": [3, 1, 3], "last": "8h", "compare": "1d", "axes": "own"}
    read = read_comparison(body)
    assert read.query == "signals=3,1&last=8h&compare=1d&axes=own"
    assert write_comparison(read) == {**body, "signals": [3, 1]}
    fixed = read_comparison({"schema": 1, "signals": [1], "from": 1000, "to": 2000})
    assert fixed.query == "signals=1&from=1000&to=2000"


@pytest.mark.parametrize(
    "body", [{"schema": 1, "signals": [1]}, {"schema": 1, "signals": [1], "from": 5, "to": 5}, {"schema": 1, "last": 3}]
)
def test_a_comparison_without_a_window_is_refused(body: object) -> None:
    with pytest.raises(InvalidInput):
        read_comparison(body)
