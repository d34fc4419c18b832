"""Promise: cards show what the plant's definitions say, and no unknown state looks like a good one."""

import pytest

from kandelia.apps.plant.logic.board import board, card_ids, definitions, live_row
from kandelia.apps.plant.logic.shapes import shape, shapes
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.sdk.views import AreaView, LineView, MachineView, SignalView, SiteView

OVEN = MachineView(
    "sz/smt/oven-1", "oven-1", LocalText("回流焊炉", "Reflow oven"), "oven", "sz", "smt", "l1", ("t1", "gone"), "state"
)
PLANT = (
    SiteView(
        "sz",
        LocalText("深圳", ""),
        "Asia/Shanghai",
        (
            AreaView("smt", LocalText("贴片", "SMT"), (LineView("l1", LocalText("一线", "Line 1"), (OVEN,)),)),
            AreaView("empty", LocalText("空", "Empty")),
        ),
    ),
)
T1 = SignalView(7, "sz.smt.oven-1.t1", "t1", OVEN.path, LocalText("一区温度", ""), Kind.FLOAT, "Cel", 1, 20.0, 260.0)
STATE = SignalView(
    8, "sz.smt.oven-1.state", "state", OVEN.path, LocalText("", "State"), Kind.ENUMERATION,
    labels={0: LocalText("停机", "Stopped"), 1: LocalText("运行", "Running"), 9: LocalText("检查", "Inspecting")},
)  # fmt: skip


def test_cards_in_plant_order_and_in_the_readers_language() -> None:
    (site,) = board(PLANT, {T1.id: T1, STATE.id: STATE}, "en")
    assert (site.title, site.time_zone) == ("深圳", "Asia/Shanghai")
    (area,) = site.areas
    (group,) = area.groups
    (card,) = group.cards
    assert (area.title, group.title, card.name) == ("SMT", "Line 1", "Reflow oven")
    assert [value.number for value in card.values] == [7]
    assert card.state is not None
    assert card.state.labels[1] == "Running"
    assert card.state.shapes == {0: "stopped", 1: "running", 9: "uncertain"}
    assert card.spark is not None
    assert "回流焊炉" in card.words


def test_ids_asked_for_are_those_of_the_cards() -> None:
    assert card_ids(PLANT) == ["sz.smt.oven-1.t1", "sz.smt.oven-1.gone", "sz.smt.oven-1.state"]


def test_a_name_that_falls_back_is_marked() -> None:
    row = live_row(T1, "en")
    assert (row.name, row.fallback, row.unit, row.has_range) == ("一区温度", True, "°C", True)
    assert definitions([row])[7]["unit"] == "°C"


@pytest.mark.parametrize(
    ("zh", "en", "expected"),
    [
        ("运行", "Running", "running"),
        ("", "Execute", "running"),
        ("停机", "", "stopped"),
        ("", "Off", "stopped"),
        ("故障", "Fault", "alarm"),
        ("换型", "Changeover", "uncertain"),
        ("预热", "Warming up", "uncertain"),
        ("启动", "Starting", "uncertain"),
        ("空载", "Unloaded", "idle"),
        ("加载", "Loaded", "running"),
        ("缺料", "Starved", "warning"),
        ("", "Sonderbetrieb", "uncertain"),
    ],
)
def test_state_words_become_shapes(zh: str, en: str, expected: str) -> None:
    assert shape(LocalText(zh, en)) == expected


def test_a_boolean_state() -> None:
    assert shapes({}) == {0: "stopped", 1: "running"}
