"""Promise: an application goes from draft to evaluation by the right hands only, its data frozen, its bound kept."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from kandelia.apps.applications import facade as room
from kandelia.apps.applications import store
from kandelia.apps.applications.tests import cast as stage
from kandelia.apps.applications.tests.cast import Cast
from kandelia.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kandelia.sdk.record_types import Entry, Query, acting, facade, timers

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return stage.assemble()


def over(id: int, name: str) -> None:
    """The limit is past, and the clock strikes."""
    Entry.objects.get(id=id).timers.filter(name=name).update(due_at=timezone.now() - timedelta(minutes=1))
    timers.fire_due(timezone.now(), acting.fire)


def act(viewer: Any, id: int, step: str, reason: str = "", **given: Any) -> Any:
    return facade.act(viewer, "application", id, step, reason=reason, given=given)


def test_from_draft_to_recovery(cast: Cast) -> None:
    call = stage.call(cast)
    id = stage.submitted(cast, call)
    assert act(cast.acceptance, id, "return", "缺发票").state == "returned"
    facade.change(cast.firm0, "application", id, {"asked": "950000"})
    act(cast.firm0, id, "resubmit")
    act(cast.acceptance, id, "accept")
    act(cast.acceptance, id, "draw")
    stage.score_all(cast, id)
    view = act(cast.acceptance, id, "close_review")
    assert view.values["score"] == Decimal("84.67") and view.values["findings"] == {"effect": True, "example": True}
    view = act(cast.auditor, id, "report_audit", audited_base="3000000", audit_opinion="核减")
    assert view.values["bound"] == Decimal("900000.00")  # 30 % of the audited base, not of the 4 m claimed
    with pytest.raises(InvalidInput, match="more than the upper bound"):
        act(cast.acceptance, id, "reserve", proposed="900001")
    act(cast.acceptance, id, "reserve", proposed="850000")
    act(cast.acceptance, id, "publish")
    raised = facade.create(cast.firm1, "objection", {"application": id, "grounds": "设备为旧设备"})
    assert facade.get(cast.acceptance, "application", id).state == "objection"
    facade.act(cast.supervisor, "objection", raised.id, "dismiss", given={"finding": "现场核查属实"})
    assert facade.get(None, "application", id).state == "publicity"
    with pytest.raises(Conflict):
        act(cast.leader, id, "decide", decided="800000", decision_number="示工信〔2026〕1号")
    over(id, "notice")
    with pytest.raises(InvalidInput, match="what the notice told"):
        act(cast.leader, id, "decide", decided="860000", decision_number="示工信〔2026〕1号")
    act(cast.leader, id, "decide", decided="800000", decision_number="示工信〔2026〕1号")
    today = str(timezone.localdate())
    act(cast.finance, id, "pay", instalment="500000", paid_on=today, voucher="V1")
    with pytest.raises(InvalidInput, match="left of the decided"):
        act(cast.finance, id, "pay", instalment="300001", paid_on=today, voucher="V2")
    view = act(cast.finance, id, "pay", instalment="300000", paid_on=today, voucher="V2")
    assert view.values["paid"] == Decimal(800000)
    payments = facade.page(cast.finance, "payment", Query()).items
    assert [one.values["amount"] for one in payments] == [Decimal(300000), Decimal(500000)]
    with pytest.raises(NotAllowed, match="yourself"):
        facade.act(cast.finance, "payment", payments[0].id, "confirm")
    facade.act(cast.finance2, "payment", payments[0].id, "confirm")
    act(cast.supervisor, id, "evaluate", evaluation_score=40, evaluation="目标未完成")
    with pytest.raises(InvalidInput, match="what was paid"):
        act(cast.finance, id, "recover", "未完成", recovered="900000")
    assert act(cast.finance, id, "recover", "未完成", recovered="300000").state == "recovered"


def test_what_was_handed_in_is_frozen(cast: Cast) -> None:
    id = stage.submitted(cast, stage.call(cast))
    content, sha256, whole = room.frozen(cast.firm0, id) or ({}, "", False)
    assert whole and content["organisation"]["name"] == "演示企业0" and content["fields"]["asked"] == "900000.00"
    assert facade.get(cast.firm0, "application", id).values["snapshot_sha256"] == sha256
    for viewer in (cast.firm0, cast.acceptance, cast.leader):
        with pytest.raises(NotAllowed):
            facade.change(viewer, "application", id, {"asked": "1"})
    act(cast.acceptance, id, "return", "补正")
    act(cast.firm0, id, "resubmit")
    assert len(list(store.Snapshot.objects.filter(application_id=id))) == 2


def test_a_correction_that_never_comes_lapses_and_handling_stands_still(cast: Cast) -> None:
    id = stage.submitted(cast, stage.call(cast))
    act(cast.acceptance, id, "return", "补正")
    limits = {one.name: one for one in facade.deadlines(cast.firm0, "application", id)}
    assert limits["handling"].suspended_at and not limits["correction"].suspended_at
    over(id, "correction")
    assert facade.get(cast.firm0, "application", id).state == "lapsed"


def test_only_what_is_complete_and_in_time_is_taken(cast: Cast) -> None:
    call = stage.call(cast)
    for wrong, where in (
        ({"answers": {"machines": 3}}, "goal"),
        ({"answers": {"goal": "好的", "machines": "many"}}, "machines"),
        ({"cost_items": []}, "cost item"),
        ({"inputs": {}}, "实际总投入"),
    ):
        id = stage.draft(cast, call, **wrong)
        with pytest.raises(InvalidInput, match=where):
            act(cast.firm0, id, "submit")
    store.rows("call").filter(entry_id=call).update(documents="营业执照\n")
    with pytest.raises(InvalidInput, match="0 of 1 papers"):
        act(cast.firm0, stage.draft(cast, call), "submit")
    late = timezone.localdate() - timedelta(days=1)
    store.rows("call").filter(entry_id=call).update(closes_on=late)
    with pytest.raises(Conflict, match="takes applications from"):
        act(cast.firm0, stage.draft(cast, call), "submit")


def test_a_call_for_a_line_out_of_force_is_not_published(cast: Cast) -> None:
    with pytest.raises(InvalidInput, match="not in force"):
        stage.call(cast, as_of="2021-01-01")


def test_a_bound_repeats_byte_for_byte_or_nothing_is_decided(cast: Cast) -> None:
    id = stage.noticed(cast, stage.call(cast))
    over(id, "notice")
    told = room.bound(cast.leader, id)
    assert told and told.repeats and told.purpose == "audit" and told.document["upper_bound"] == "900000"
    kept = store.latest_computation(id)
    assert kept is not None
    kept.answer = kept.answer.replace("900000", "990000")
    kept.save()
    with pytest.raises(Conflict, match="does not repeat"):
        act(cast.leader, id, "decide", decided="800000", decision_number="1")


def test_an_audit_never_raises_the_bound(cast: Cast) -> None:
    id = stage.audited(cast, stage.call(cast), base="9000000")
    assert facade.get(cast.leader, "application", id).values["bound"] == Decimal(1200000)


def test_earlier_awards_of_the_year_count(cast: Cast) -> None:
    call = stage.call(cast, line="M5", form={}, experts=1)
    given = {"inputs": {"service_fee": "3000000", "earlier_awards": ["0"]}, "answers": {}, "asked": "500000"}
    bounds = []
    for n in range(5):
        items = [{"name": "服务", "amount": "3000000", "document": f"HT-{n}"}]
        id = stage.submitted(cast, call, **given, cost_items=items)
        bounds.append(facade.get(cast.leader, "application", id).values["bound"])
        store.rows("application").filter(entry_id=id).update(decided=500000, decided_on=timezone.localdate())
        Entry.objects.filter(id=id).update(state="decided")
    assert bounds == [Decimal(500000)] * 4 + [Decimal(0)]


def test_the_budget_refuses_or_scales(cast: Cast) -> None:
    call = stage.call(cast, budget="1000000", budget_rule="refuse")
    first = stage.audited(cast, call)
    act(cast.acceptance, first, "reserve", proposed="800000")
    second = stage.audited(cast, call, "firm1")
    with pytest.raises(InvalidInput, match="budget"):
        act(cast.acceptance, second, "reserve", proposed="300000")
    store.rows("call").filter(entry_id=call).update(budget_rule="pro_rata")
    act(cast.acceptance, second, "reserve", proposed="800000")
    assert room.envelope(cast.acceptance, call).over == Decimal(600000)
    with pytest.raises(Conflict, match="scale"):
        act(cast.acceptance, first, "publish")
    with pytest.raises(NotAllowed):
        room.scale(cast.finance, call)
    assert room.scale(cast.acceptance, call) == {first: Decimal(500000), second: Decimal(500000)}
    view = act(cast.acceptance, first, "publish")
    assert (view.values["proposed"], view.values["scaled"]) == (Decimal(800000), Decimal(500000))


def test_overlaps_name_both_and_the_shared_costs(cast: Cast) -> None:
    first = stage.submitted(cast, stage.call(cast))
    items = [{"name": "网关（二期）", "amount": "250000", "document": "ＦＰ-００1"}]
    network = stage.call(cast, line="M7", form={})
    second = stage.submitted(cast, network, inputs={"actual_input": "900000"}, cost_items=items, asked="100000")
    [told] = room.warnings(cast.acceptance, second)
    assert told.other_id == first and told.other_line == "M10" and "网络" in told.shared.zh
    assert told.amount == Decimal(250000) and told.mine != told.other
    other = stage.submitted(cast, network, "firm1", inputs={"actual_input": "900000"}, cost_items=items, asked="9")
    assert {one.other_id for one in room.warnings(cast.acceptance, other)} == {first, second}
    assert room.warnings(cast.firm1, other) == ()  # a firm never learns of another's
    assert len(room.warnings(cast.firm0, second)) == 1


def test_the_notice_is_public_and_shows_no_more_than_it_must(cast: Cast) -> None:
    id = stage.noticed(cast, stage.call(cast, objection_days=7))
    view = facade.get(None, "application", id)
    assert view.values["proposed"] == Decimal(800000) and view.values["notice_to"] > view.values["notice_from"]
    hidden = {"asked", "account", "contact_phone", "cost_items", "score", "bound", "inputs", "summary"}
    assert not hidden & set(view.values)
    assert [one.id for one in room.notices(None)] == [id]


def test_an_upheld_objection_ends_it(cast: Cast) -> None:
    id = stage.noticed(cast, stage.call(cast))
    first = facade.create(cast.firm1, "objection", {"application": id, "grounds": "甲"})
    second = facade.create(cast.clerk, "objection", {"application": id, "grounds": "来信"})
    facade.act(cast.supervisor, "objection", first.id, "dismiss", given={"finding": "不实"})
    assert facade.get(cast.leader, "application", id).state == "objection"  # the other one is open
    facade.act(cast.supervisor, "objection", second.id, "uphold", given={"finding": "属实"})
    assert facade.get(cast.firm0, "application", id).state == "rejected"
    with pytest.raises(Conflict, match="no notice"):
        facade.create(cast.firm1, "objection", {"application": id, "grounds": "乙"})


def test_nobody_handles_what_they_own(cast: Cast) -> None:
    id = stage.submitted(cast, stage.call(cast))
    both = stage.member("firm0", "acceptance")  # the officer also acts for the firm
    assert both.person == cast.acceptance.person
    with pytest.raises(NotAllowed, match="also act for the applicant"):
        act(cast.acceptance, id, "accept")
    given = {"call": stage.call(cast), "project": "自用", "asked": "1"}
    wearing = stage.member("bureau", "two-hats", ("applicant", "leader"))
    with pytest.raises((InvalidInput, NotAllowed)):
        facade.create(wearing, "application", given)


def test_drafts_and_sheets_stay_with_their_own(cast: Cast) -> None:
    call = stage.call(cast)
    secret = stage.draft(cast, call)
    for viewer in (cast.firm1, cast.acceptance, cast.leader, cast.experts[0]):
        with pytest.raises(NotFound):
            facade.get(viewer, "application", secret)
    id = stage.in_review(cast, call, "firm1")
    drawn = [one for one in cast.experts if facade.page(one, "score", Query()).items]
    assert len(drawn) == 3
    sheets = [stage.sheet_of(one, id) for one in drawn]
    for viewer in (*cast.experts, cast.acceptance, cast.leader, cast.supervisor, cast.firm1, cast.finance):
        for owner, sheet in zip(drawn, sheets, strict=True):
            if viewer.person != owner.person:
                with pytest.raises(NotFound):
                    facade.get(viewer, "score", sheet)
    stage.score_all(cast, id)
    assert room.review(cast.acceptance, id).given == 3
    assert facade.page(cast.acceptance, "score", Query()).items == ()
    act(cast.acceptance, id, "close_review")
    assert len(facade.page(cast.acceptance, "score", Query()).items) == 3
    assert len(facade.page(drawn[0], "score", Query()).items) == 1
    assert facade.page(cast.firm1, "score", Query()).items == ()


def test_a_lot_leaves_out_conflicts_replays_and_replaces(cast: Cast) -> None:
    call = stage.call(cast)
    code = stage.profile(cast.profiles[0]).uscc
    facade.change(cast.acceptance, "reviewer", cast.reviewers[0], {"employer": code})
    facade.change(cast.experts[1], "reviewer", cast.reviewers[1], {"relations": f"{code}\n"})
    id = stage.in_review(cast, call)
    told = room.review(cast.acceptance, id)
    assert {one.id for one in told.reviewers if one.drawn} == set(cast.reviewers[2:])
    assert told.draws[0].replays and len(told.draws[0].seed) == 32
    leaving = next(one for one in cast.experts[2:])
    with pytest.raises(Conflict, match="nobody without a conflict is left"):
        facade.act(leaving, "score", stage.sheet_of(leaving, id), "decline", reason="回避")
    facade.change(cast.acceptance, "reviewer", cast.reviewers[1], {"relations": ""})
    room.replace(cast.acceptance, id, cast.reviewers[2], "出差")
    told = room.review(cast.acceptance, id)
    assert [one.replays for one in told.draws] == [True, True] and told.draws[1].reason == "出差"
    assert (told.given, told.wanted) == (0, 3) and told.draws[1].drawn == ("专家1",)


def test_too_few_without_a_conflict_stop_the_lot(cast: Cast) -> None:
    id = stage.submitted(cast, stage.call(cast, experts=6))
    act(cast.acceptance, id, "accept")
    with pytest.raises(Conflict, match="5 reviewers without a conflict, 6 are wanted"):
        act(cast.acceptance, id, "draw")


def test_a_spread_wants_a_word(cast: Cast) -> None:
    id = stage.in_review(cast, stage.call(cast))
    stage.score_all(cast, id, (95, 90, 40))
    with pytest.raises(InvalidInput, match="points apart"):
        act(cast.acceptance, id, "close_review")
    assert act(cast.acceptance, id, "close_review", review_opinion="专家组复议").values["spread_alarm"]


def test_money_by_line_sector_size_and_time(cast: Cast) -> None:
    call = stage.call(cast)
    for firm in ("firm0", "firm1"):
        stage.submitted(cast, call, firm)
    for by in ("line", "sector", "size", "month", "year"):
        [row] = room.performance(cast.leader, by)
        assert (row.count, row.asked, row.decided) == (2, Decimal(1800000), Decimal(0))
    assert room.performance(cast.leader, "line", line="M7") == ()
    for viewer in (cast.firm0, cast.experts[0]):
        with pytest.raises(NotAllowed):
            room.performance(viewer, "line")
