"""Promise: lots repeat, budgets hold, marks add up, the same cost is found, whatever the numbers."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kandelia.apps.applications.logic import drawing, envelope, freezing, inputs, overlaps, scoring
from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText

MONEY = st.decimals(min_value=0, max_value=10**12, places=2)
IDS = st.integers(1, 10**6)
PEOPLE = st.lists(IDS, unique=True, min_size=1, max_size=30)
SCHEMA = {
    "required": ["fee", "earlier"],
    "properties": {
        "fee": {"x-kind": "money"},
        "earlier": {"x-kind": "amounts"},
        "effect": {"x-kind": "finding"},
    },
}


@given(st.text(min_size=1, max_size=32), PEOPLE, st.integers(1, 10))
def test_a_lot_repeats_and_does_not_ask_in_which_order_it_was_told(seed: str, ids: list[int], count: int) -> None:
    seen = [drawing.Candidate(id, id, str(id)) for id in ids]
    party = drawing.Party("X")
    one, two = drawing.draw(seed, seen, party, count), drawing.draw(seed, seen[::-1], party, count)
    assert one == two and len(one.drawn) == min(count, len(ids)) and set(one.drawn) <= set(ids)
    onward = drawing.draw(seed, seen, party, 1, without=one.drawn)
    assert [*one.drawn, *onward.drawn] == list(drawing.draw(seed, seen, party, count + 1).drawn)


@given(PEOPLE, st.data())
def test_nobody_with_a_conflict_is_drawn(ids: list[int], data: st.DataObject) -> None:
    how = st.sampled_from(["none", drawing.SAME, drawing.RELATED, drawing.APPLIED, drawing.AWAY])
    kinds = {id: data.draw(how) for id in ids}
    seen = [
        drawing.Candidate(
            id,
            id,
            str(id),
            "X" if kind == drawing.SAME else "",
            frozenset({"X"} if kind == drawing.RELATED else ()),
            kind != drawing.AWAY,
        )
        for id, kind in kinds.items()
    ]
    party = drawing.Party("X", earlier_people=frozenset(i for i, kind in kinds.items() if kind == drawing.APPLIED))
    drawn = drawing.draw("s", seen, party, len(ids))
    assert set(drawn.drawn) == {id for id, kind in kinds.items() if kind == "none"}
    assert drawn.conflicts == {id: (kind,) for id, kind in kinds.items() if kind != "none"}


def test_the_order_of_a_lot_is_what_sha256sum_says() -> None:
    assert drawing.in_order("abc", [1, 2, 3]) == (3, 2, 1)  # printf 'abc:1' | sha256sum, and so on


@given(st.dictionaries(IDS, MONEY, min_size=1, max_size=40), MONEY)
def test_scaled_amounts_never_pass_the_budget(amounts: dict[int, Decimal], budget: Decimal) -> None:
    made = envelope.scaled(amounts, budget)
    assert set(made) == set(amounts) and sum(made.values()) <= max(budget, Decimal(0))
    assert all(0 <= made[id] <= amounts[id] for id in amounts)
    by_size = sorted(amounts, key=lambda id: amounts[id])
    assert [made[id] for id in by_size] == sorted(made.values())  # who proposed more never gets less


@given(st.lists(st.decimals(0, 100, places=2), min_size=1, max_size=15), st.decimals(0, 100, places=2))
def test_mean_and_spread(totals: list[Decimal], alarm: Decimal) -> None:
    told = scoring.summary(totals, alarm)
    assert min(totals) <= told.mean <= max(totals) and told.spread == max(totals) - min(totals)
    assert told.alarm == (told.spread > alarm)


def test_marks_outside_are_refused() -> None:
    criteria = [{"name": "a", "max": 60}, {"name": "b", "max": 40}]
    assert scoring.total({"a": 60, "b": "39.5"}, criteria) == Decimal("99.5")
    assert scoring.total({"a": 60}, criteria) is None
    for wrong in ({"a": 61}, {"c": 1}, {"a": "x"}, {"a": True}, [1], {"a": -1}, {"a": "NaN"}):
        with pytest.raises(InvalidInput):
            scoring.total(wrong, criteria)
    for wrong in ([], [{"name": "a", "max": 99}], [{"name": "a", "max": 50}] * 2, "x"):
        with pytest.raises(InvalidInput):
            scoring.checked_criteria(wrong)


def test_findings_go_by_the_majority_and_a_tie_stays_open() -> None:
    votes = [{"effect": True, "example": True}, {"effect": True, "example": False}, {"effect": False}]
    assert scoring.majority(votes) == {"effect": True}


@given(st.text(min_size=1, max_size=20), MONEY)
def test_the_same_cost_is_found_however_it_is_written(document: str, amount: Decimal) -> None:
    one = overlaps.CostItem("甲", amount, f" {document} ")
    two = overlaps.CostItem("乙", amount + 1, document.upper().lower())
    same = overlaps.folded(document) == overlaps.folded(document.upper().lower())
    assert bool(overlaps.shared_items((one,), (two,))) == (same and bool(overlaps.folded(document)))


def test_overlaps_warn_within_an_organisation_and_over_shared_costs() -> None:
    item = overlaps.CostItem("网关", Decimal(5), "FP-1")
    pairs = [(frozenset({"M7", "M10"}), LocalText("网络", "network"))]
    mine = overlaps.Claim(1, "A", "", "firm", "M10", (item,))
    line = overlaps.Claim(2, "B", "", "firm", "M7")
    again = overlaps.Claim(3, "C", "", "firm", "M10")
    other = overlaps.Claim(4, "D", "", "other", "M2", (item,))
    far = overlaps.Claim(5, "E", "", "other", "M7")
    found = overlaps.overlaps(mine, (mine, line, again, other, far), pairs)
    assert [(one.other.id, one.amount) for one in found] == [(4, 5), (2, 0), (3, 0)]


@pytest.mark.parametrize(
    "rows", ["x", [{"name": "a"}], [{"name": "", "amount": 1}], [{"name": "a", "amount": "1.001"}], [1]]
)
def test_rows_that_are_no_costs_are_refused(rows: object) -> None:
    with pytest.raises(InvalidInput, match=r"row|list"):
        overlaps.read_items(rows)


@given(st.dictionaries(st.text(max_size=5), MONEY | st.text(max_size=9), max_size=8))
def test_what_is_frozen_has_one_form(content: dict[str, object]) -> None:
    turned = dict(reversed(content.items()))
    assert freezing.digest(freezing.canonical(content)) == freezing.digest(freezing.canonical(turned))


def test_what_the_engine_is_asked() -> None:
    given = {"fee": "100", "effect": True, "earlier": ["5"]}
    assert inputs.with_findings(given, {"effect": False, "else": True}, SCHEMA)["effect"] is False
    assert "effect" not in inputs.with_findings(given, {}, SCHEMA)  # an applicant's own word does not count
    assert inputs.with_earlier(given, ["7", "1"], SCHEMA)["earlier"] == ["7", "1"]
    assert inputs.with_earlier(given, ["4"], SCHEMA)["earlier"] == ["5"]  # stated more than is known
    audited = inputs.with_audited(given, Decimal(80), SCHEMA)
    assert audited["fee"] == {"amount": "80", "evidence": "audited"} and inputs.base_of(SCHEMA) == "fee"
