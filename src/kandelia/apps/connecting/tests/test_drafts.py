"""Promise: what the form of a new connection holds is read as typed; what no page of ours sent does no harm."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kandelia.apps.connecting.logic.drafts import (
    ROWS_MAX,
    carried,
    fields_of,
    key_of,
    named,
    rows_of,
    with_readings,
)
from kandelia.base.errors import InvalidInput
from kandelia.base.samples import Kind
from kandelia.sdk.connecting import Node, Reading, form_of_driver


def test_chosen_nodes_come_behind_the_rows_that_stand() -> None:
    given = {
        "row.4.address": "holding=2",
        "row.4.key": "level",
        "row.4.name": "Level",
        "row.4.kind": "nonsense",
        "row.4.unit": " m ",
    }
    nodes = [carried(Node("holding=2", "holding 2", False)), carried(Node("coil=1", "Pump on", False, Kind.BOOLEAN))]
    rows = rows_of(given, nodes)
    assert [(row.place, row.address, row.key, row.kind, row.unit) for row in rows] == [
        (0, "holding=2", "level", "float", "m"),
        (1, "coil=1", "pump-on", "boolean", ""),
    ]
    shown = with_readings(rows, {"coil=1": Reading(True), "holding=2": Reading(why="nothing there")})
    assert (shown[0].why, shown[1].shown) == ("nothing there", "True")


@given(st.lists(st.one_of(st.text(max_size=60), st.sampled_from(['{"address": 1}', "[]", "null", "{}", '{"a":"b"}']))))
def test_nodes_that_no_page_sent_are_left_out(nodes: list[str]) -> None:
    assert rows_of({"row.x.address": "a", "row..address": "b"}, nodes) == []


def test_too_many_are_refused() -> None:
    nodes = [
        json.dumps({"address": f"coil={n}", "name": "a", "kind": "float", "unit": ""}) for n in range(ROWS_MAX + 1)
    ]
    with pytest.raises(InvalidInput) as caught:
        rows_of({}, nodes)
    assert caught.value.mend


def test_keys_are_free_and_plain() -> None:
    assert key_of("Oven – Zone 3", (), "signal") == "oven-zone-3"
    assert key_of("Oven", {"oven", "oven-2"}, "signal") == "oven-3"
    assert key_of("炉温", (), "signal") == "signal" and key_of("炉温", {"signal"}, "signal") == "signal-2"
    assert (named("炉", "zh").zh, named("Oven", "en").en) == ("炉", "Oven")


def test_a_secret_never_goes_back_to_the_page() -> None:
    fields = fields_of(form_of_driver("opcua").settings, {"password": "typed", "user": "me"}, "zh")
    assert {field.key: field.value for field in fields if field.key in ("user", "password")} == {
        "user": "me",
        "password": "",
    }
