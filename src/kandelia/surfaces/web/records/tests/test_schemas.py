"""Promise: inputs drawn from a JSON Schema give back the object that was kept, and name the input that is wrong."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText
from kandelia.kernel.records.declaration import Field
from kandelia.surfaces.web.records import schemas

SHEET = {
    "type": "object",
    "required": ["plan", "items"],
    "properties": {
        "plan": {"type": "string", "title": {"zh": "方案", "en": "Plan"}, "maxLength": 2_000},
        "start": {"type": "string", "format": "date"},
        "kind": {"type": "string", "enum": ["new", "old"], "x-labels": {"new": {"zh": "新建", "en": "New"}}},
        "people": {"type": "integer", "minimum": 1, "maximum": 500},
        "joint": {"type": "boolean"},
        "sites": {"type": "array", "items": {"type": "string"}},
        "items": {
            "type": "array",
            "title": "Cost items",
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}, "amount": {"type": "string", "format": "decimal"}},
            },
        },
    },
}
FIELD = Field("sheet", LocalText("申报表", "Sheet"), schema=f"{__name__}.sheet")
KEPT = {
    "plan": "Join line five",
    "start": "2026-11-24",
    "kind": "new",
    "people": 12,
    "joint": True,
    "sites": ["north", "south"],
    "items": [{"name": "gateway", "amount": "1250000.50"}, {"name": "cable"}],
}


def sheet(typed: Any) -> dict[str, Any]:
    """As a declaration would give it."""
    return {**SHEET, "required": []} if typed.get("call") == "easy" else SHEET


def value(typed: dict[str, str]) -> Any:
    return schemas.value_of(None, FIELD, typed)  # type: ignore[arg-type]


def test_what_is_spread_over_the_inputs_comes_back() -> None:
    assert value(schemas.spread(KEPT, "sheet")) == KEPT


def test_each_kind_has_its_input() -> None:
    drawn = {part.name: part for part in schemas.parts(SHEET, "sheet", schemas.spread(KEPT, "sheet"))}
    assert [drawn[f"sheet/{name}"].kind for name in SHEET["properties"]] == [  # type: ignore[attr-defined]
        "box",
        "input",
        "select",
        "input",
        "tick",
        "box",
        "rows",
    ]
    assert drawn["sheet/start"].input == "date" and drawn["sheet/people"].mode == "numeric"
    assert len(drawn["sheet/items"].rows) == 3  # two kept, one to spare
    assert drawn["sheet/items"].rows[0][1].value == "1250000.50"


@pytest.mark.parametrize(
    ("typed", "where"),
    [
        ({"sheet/plan": ""}, "sheet/plan"),
        ({"sheet/plan": "x"}, "sheet/items"),
        ({"sheet/plan": "x", "sheet/items/0/amount": "3"}, "sheet/items/0/name"),
        ({"sheet/plan": "x", "sheet/items/0/name": "a", "sheet/items/0/amount": "much"}, "sheet/items/0/amount"),
        ({"sheet/plan": "x", "sheet/people": "501"}, "sheet/people"),
        ({"sheet/plan": "x", "sheet/start": "24.11."}, "sheet/start"),
        ({"sheet/plan": "x", "sheet/kind": "other"}, "sheet/kind"),
        ({"sheet/plan": "x" * 2_001}, "sheet/plan"),
    ],
)
def test_the_wrong_input_is_named(typed: dict[str, str], where: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        value(typed)
    assert caught.value.where == where


def test_the_schema_follows_from_what_was_chosen() -> None:
    assert value({"call": "easy"}) == {"joint": False}


@given(st.lists(st.fixed_dictionaries({"name": st.from_regex(r"[a-z]{1,8}", fullmatch=True)}), min_size=1, max_size=9))
def test_rows_keep_their_order(items: list[dict[str, str]]) -> None:
    kept = {"plan": "x", "joint": False, "items": items}
    assert value(schemas.spread(kept, "sheet")) == kept
