"""Writes invented applications with all that belongs to them: frozen data, bound, lot, sheets, payments, limits."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from kandelia.apps.applications import store
from kandelia.apps.applications.applying import FROZEN, question_of
from kandelia.apps.applications.demo import people
from kandelia.apps.applications.demo.cases import DAYS, Invented, reached
from kandelia.apps.applications.demo.names import Firm
from kandelia.apps.applications.demo.people import BUREAU
from kandelia.apps.applications.demo.stepping import note_path
from kandelia.apps.applications.logic.drawing import METHOD, Candidate, Party, draw
from kandelia.apps.applications.logic.freezing import canonical, digest
from kandelia.apps.applications.logic.overlaps import read_items
from kandelia.apps.applications.logic.scoring import summary
from kandelia.apps.applications.models import Computation, CostRow, Draw, Snapshot
from kandelia.apps.applications.reviewing import candidates
from kandelia.sdk.record_types import timers, type_of, writing
from kandelia.sdk.records import access
from kandelia.sdk.services import service

EXPERTS = 3
ALARM = Decimal(30)
STARTS = {"submitted": "submit", "returned": "return", "publicity": "publish"}
YUAN = Decimal(1)


@dataclass(frozen=True, slots=True)
class Made:
    """An invented application, its row, and the engine's answer."""

    case: Invented
    row: Any
    question: Mapping[str, Any]
    result: Any


def write_cases(
    cases: Sequence[Invented], firms: Sequence[Firm], calls: Mapping[str, int], profiles: Mapping[str, int]
) -> None:
    """One transaction: the applications, then their parts."""
    declared, system = type_of("application"), access.system_viewer(BUREAU)
    with transaction.atomic():
        rows = {id: store.call(id) for id in {calls[one.line] for one in cases}}
        made = [_made(one, firms[one.firm], rows[calls[one.line]], profiles) for one in cases]
        each = [(firms[one.firm].account, one.state) for one in cases]
        writing.create_many(system, declared, [one.row for one in made], each=each, saved=False)
        note_path([(one.case, one.row.entry) for one in made], people.hands())
        _parts(made, rows)
        _review([one for one in made if reached(one.case.state, "expert_review")])
        _pay([one for one in made if reached(one.case.state, "paid")])
        for one in made:
            if one.case.state in STARTS:
                timers.after_step(one.row.entry, declared.life, STARTS[one.case.state])


def _made(one: Invented, firm: Firm, call: Any, profiles: Mapping[str, int]) -> Made:
    row = store.new(
        "application",
        call_id=call.entry_id,
        applicant_id=profiles[firm.account],
        project=one.project,
        summary="演示数据：项目为虚构。",
        line=one.line,
        uscc=firm.uscc,
        sector=firm.sector,
        size=firm.size,
        district=firm.district,
        asked=Decimal(1),
        inputs=dict(one.inputs),
        findings=dict(one.findings) if reached(one.state, "special_audit") else {},
        cost_items={"items": list(one.costs)},
        answers={"goal": "演示目标", "machines": 40},
        contact_name="演示联系人",
        contact_phone="13800000000",
        account="6222000000000000000",
        submitted_on=one.submitted_on,
        invented=True,
    )
    question = question_of(row, call)
    result = service("measures.compute")(one.line, question, call.as_of)
    _amounts(row, one, Decimal(result.upper_bound or 0))
    return Made(one, row, question, result)


def _amounts(row: Any, one: Invented, bound: Decimal) -> None:
    row.asked = max(YUAN, min(one.base, bound))
    amount = min(row.asked, (bound * one.share).quantize(YUAN, ROUND_FLOOR))
    day = one.submitted_on
    if day is None:
        return
    row.bound = bound
    if reached(one.state, "special_audit"):
        told = summary([Decimal(mark) for mark in one.marks], ALARM)
        row.score, row.spread, row.spread_alarm = told.mean, told.spread, told.alarm
    if reached(one.state, "audited"):
        row.audited_base, row.audit_opinion = one.base, "演示审计意见"
    if reached(one.state, "reserved"):
        row.proposed = amount
    if reached(one.state, "publicity"):
        open_ = one.state == "publicity"
        row.notice_from = timezone.localdate() if open_ else day + timedelta(days=DAYS["publish"])
        row.notice_to = row.notice_from + timedelta(days=7)
    if reached(one.state, "decided"):
        row.decided, row.decided_on = amount, day + timedelta(days=DAYS["decide"])
        row.decision_number = f"演示工信〔{row.decided_on.year}〕{one.firm + 1}号"
    if reached(one.state, "paid"):
        row.instalment = row.paid = amount
        row.paid_on, row.voucher = (
            row.decided_on + timedelta(days=DAYS["pay"] - DAYS["decide"]),
            f"YSBF-{one.project[-5:]}",
        )
    if reached(one.state, "evaluated"):
        row.evaluation_score, row.evaluation = one.marks[0], "演示绩效评价"
        row.evaluated_on = row.paid_on + timedelta(days=DAYS["evaluate"] - DAYS["pay"])
    if one.state == "recovered":
        row.recovered = amount


def _parts(made: Sequence[Made], calls: Mapping[int, Any]) -> None:
    now = timezone.now()
    costs = [(one.row, item) for one in made for item in read_items(one.row.cost_items)]
    CostRow.objects.bulk_create(
        CostRow(application_id=row.entry_id, key=item.key, name=item.name, amount=item.amount, document=item.document)
        for row, item in costs
    )
    handed_in = [one for one in made if one.row.submitted_on is not None]
    texts = [(one, canonical(_frozen(one.row, calls[one.row.call_id]))) for one in handed_in]
    Snapshot.objects.bulk_create(
        Snapshot(application_id=one.row.entry_id, at=now, by="system", content=text, sha256=digest(text))
        for one, text in texts
    )
    for one, text in texts:
        one.row.snapshot_sha256 = digest(text)
    type_of("application").model.objects.bulk_update([one.row for one, _ in texts], ["snapshot_sha256"])
    Computation.objects.bulk_create(_computation(one, calls[one.row.call_id], now) for one in handed_in)


def _computation(one: Made, call: Any, now: Any) -> Computation:
    document = one.result.document()
    return Computation(
        application_id=one.row.entry_id,
        at=now,
        purpose="submission",
        line=one.case.line,
        as_of=call.as_of,
        question=dict(one.question),
        answer=one.result.canonical().decode(),
        bound=Decimal(document["upper_bound"] or 0),
        binding=document["binding"] or "",
        engine=" ".join(document["engine"].values()),
        parameters=document["parameters"]["sha256"],
    )


def _frozen(row: Any, call: Any) -> dict[str, Any]:
    profile = {"uscc": row.uscc, "sector": row.sector, "size": row.size, "district": row.district, "invented": True}
    terms = {"call": call.entry.code, "title": call.title, "line": call.line, "as_of": call.as_of, "form": call.form}
    fields = {name: getattr(row, name) for name in FROZEN}
    return {"application": row.entry.code, "fields": fields, "organisation": profile, "call": terms}


def _review(made: Sequence[Made]) -> None:
    """Lots and sheets; who is still in review has one sheet open."""
    if not made:
        return
    seen = candidates(BUREAU)
    who = {one.id: one.person for one in seen}
    lots = [(one, draw(_seed(one), seen, Party(one.row.uscc), EXPERTS)) for one in made]
    Draw.objects.bulk_create(_lot(one, drawn, seen) for one, drawn in lots)
    sheets, each = [], []
    for one, drawn in lots:
        open_ = one.case.state == "expert_review"
        for place, id in enumerate(drawn.drawn):
            waits = open_ and place == EXPERTS - 1
            sheets.append(_sheet(one, id, who[id], 0 if waits else one.case.marks[place], revealed=not open_))
            each.append((BUREAU, "assigned" if waits else "given"))
    writing.create_many(access.system_viewer(BUREAU), type_of("score"), sheets, each=each)


def _seed(one: Made) -> str:
    return hashlib.sha256(one.case.project.encode()).hexdigest()[:32]


def _lot(one: Made, drawn: Any, seen: Sequence[Candidate]) -> Draw:
    party = {"code": one.row.uscc, "earlier_codes": [], "earlier_people": [], "without": []}
    return Draw(
        application_id=one.row.entry_id,
        at=timezone.now(),
        by="system",
        by_name="演示",
        method=METHOD,
        seed=drawn.seed,
        order=list(drawn.order),
        conflicts={str(id): list(why) for id, why in drawn.conflicts.items()},
        drawn=list(drawn.drawn),
        party=party,
        candidates=[{**asdict(each), "relations": sorted(each.relations)} for each in seen],
    )


def _sheet(one: Made, reviewer: int, person: int, total: int, *, revealed: bool) -> Any:
    last = max(0, total - 80)
    parts = (min(30, total), min(30, max(0, total - 30)), min(20, max(0, total - 60)), last)
    names = ("技术先进性", "应用效果", "示范意义", "投入合理性")
    return store.new(
        "score",
        application_id=one.row.entry_id,
        reviewer_id=reviewer,
        person_id=person,
        marks=dict(zip(names, parts, strict=True)) if total else {},
        findings=dict(one.case.findings) if total else {},
        opinion="演示评审意见" if total else "",
        revealed=revealed,
    )


def _pay(made: Sequence[Made]) -> None:
    rows, each = [], []
    for one in made:
        amounts = {"payment": one.row.paid, "recovery": one.row.recovered}
        for kind, amount in amounts.items():
            if amount is not None:
                rows.append(_payment(one, kind, amount))
                each.append((one.row.entry.organisation_id, "confirmed"))
    writing.create_many(access.system_viewer(BUREAU), type_of("payment"), rows, each=each)


def _payment(one: Made, kind: str, amount: Decimal) -> Any:
    return store.new(
        "payment",
        application_id=one.row.entry_id,
        kind=kind,
        amount=amount,
        day=one.row.paid_on,
        voucher=one.row.voucher,
        account=one.row.account,
        recorded_by="system",
        recorded_name="演示",
    )
