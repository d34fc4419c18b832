"""What screens, API and other rooms ask of applications: the viewer first, frozen views out."""

import json
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.utils import timezone

from kandelia.apps.applications import performance as sums
from kandelia.apps.applications import store
from kandelia.apps.applications.applying import is_whole, repeats
from kandelia.apps.applications.contracts import (
    AmountsView,
    BoundView,
    DrawView,
    EnvelopeView,
    OverlapView,
    Performance,
    ReviewerView,
    ReviewView,
    SharedItem,
)
from kandelia.apps.applications.life import OFFICES
from kandelia.apps.applications.logic.drawing import REASONS
from kandelia.apps.applications.logic.envelope import Envelope, scaled
from kandelia.apps.applications.logic.overlaps import Overlap, overlaps
from kandelia.apps.applications.models import Draw
from kandelia.apps.applications.reviewing import replayed
from kandelia.base.errors import Conflict, InvalidInput, NotAllowed
from kandelia.base.text import LocalText, Said
from kandelia.sdk.record_types import Query, RecordView, acting, type_of, writing
from kandelia.sdk.record_types import facade as records
from kandelia.sdk.record_types import store as record_store
from kandelia.sdk.services import service
from kandelia.sdk.views import Viewer

OVERSEERS = OFFICES - {"finance"}


def amounts(viewer: Viewer | None, id: int) -> AmountsView:
    """The amounts side by side, as far as the viewer sees them."""
    values = records.get(viewer, "application", id).values
    return AmountsView(**{name: values.get(name) for name in AmountsView.__slots__})


def bound(viewer: Viewer, id: int) -> BoundView | None:
    """The bound that stands; None before the first submission, or where the viewer does not see it."""
    if "bound" not in records.get(viewer, "application", id).values:
        return None
    kept = store.latest_computation(id)
    if kept is None:
        return None
    return BoundView(
        store.application(id).bound,
        kept.binding,
        kept.purpose,
        kept.line,
        kept.as_of,
        kept.at,
        kept.engine,
        kept.parameters,
        json.loads(kept.answer),
        repeats(kept),
    )


def frozen(viewer: Viewer, id: int) -> tuple[dict[str, Any], str, bool] | None:
    """What was handed in last, its hash, and whether they still fit; None before that, or for whom it is not."""
    view = records.get(viewer, "application", id)
    if "snapshot_sha256" not in view.values or view.masked:
        return None
    kept = store.latest_snapshot(id)
    return (json.loads(kept.content), kept.sha256, is_whole(kept)) if kept else None


def envelope(viewer: Viewer, call_id: int) -> EnvelopeView:
    """A call's budget; for the offices of its bureau."""
    records.get(viewer, "call", call_id)
    row = store.call(call_id)
    _require(viewer, row.entry.organisation_id, OFFICES)
    told = Envelope(row.budget, store.taken(call_id))
    return EnvelopeView(told.budget, told.taken, told.left, told.over, row.budget_rule)


def warnings(viewer: Viewer, id: int) -> tuple[OverlapView, ...]:
    """Double funding: other applications that overlap. The applicant is shown the own ones, the offices all."""
    view = records.get(viewer, "application", id)
    row = store.application(id)
    if not (view.mine or viewer.duties & OFFICES):
        return ()
    found = overlaps(store.own_claim(row), store.claims_beside(row), _pairs())
    return tuple(_overlap(row, one) for one in found if not view.mine or one.other.organisation == viewer.organisation)


def review(viewer: Viewer, id: int) -> ReviewView:
    """The lot and how far the sheets are; for acceptance, supervisor, leader and auditor. No marks."""
    records.get(viewer, "application", id)
    row = store.application(id)
    _require(viewer, row.entry.handler_id, OVERSEERS)
    lots, sheets = store.draws(id), list(store.scores_of(id))
    names = {int(one["id"]): str(one["name"]) for lot in lots for one in lot.candidates}
    at_work = [one for one in sheets if one.entry.state in ("assigned", "given")]
    return ReviewView(
        tuple(_draw(one, names) for one in lots),
        _reviewers(lots, sheets, names),
        sum(one.entry.state == "given" for one in at_work),
        len(at_work),
        any(one.revealed for one in sheets),
    )


def replace(viewer: Viewer, id: int, reviewer: int, reason: str) -> None:
    """Another expert, the next of the lot, takes the place of one who has not scored; for acceptance."""
    records.get(viewer, "application", id)
    row = store.application(id)
    _require(viewer, row.entry.handler_id, frozenset({"acceptance"}))
    if not reason.strip():
        raise InvalidInput(Said("未填写理由", "no reason is given"), "reason", Said("请说明理由", "say why"), "missing")
    declared = type_of("score")
    with transaction.atomic():
        sheet = store.scores_of(id).filter(reviewer_id=reviewer, entry__state="assigned").first()
        if sheet is None or row.entry.state != "expert_review":
            raise Conflict(
                Said("该专家没有待填的评分表", "this expert has no open sheet"),
                "reviewer",
                Said("请重新查看评审页", "look at the review again"),
                "state",
            )
        acting.take(viewer, declared, sheet, declared.life.transition("replace"), reason=reason)


def scale(viewer: Viewer, call_id: int) -> dict[int, Any]:
    """Scale the reserved amounts of a call down to what is left of its budget; the amounts before stay beside them."""
    records.get(viewer, "call", call_id)
    call = store.call(call_id)
    _require(viewer, call.entry.organisation_id, frozenset({"acceptance"}))
    if call.budget_rule != "pro_rata" or call.budget is None:
        raise Conflict(
            Said("本通知不按比例压减", "this call does not scale amounts down"),
            "call",
            Said("请查看其预算规则", "see the rule of its budget"),
            "rule",
        )
    declared = type_of("application")
    with transaction.atomic():
        reserved = {row.entry_id: row for row in store.rows("application").filter(call_id=call_id)}
        reserved = {id: row for id, row in reserved.items() if row.entry.state == "reserved" and row.proposed}
        fixed = sum((v for id, v in store.amounts_in_budget(call_id).items() if id not in reserved), 0 * call.budget)
        made = scaled({id: row.proposed for id, row in reserved.items()}, max(0 * call.budget, call.budget - fixed))
        for id, amount in made.items():
            writing.save_fields(viewer, declared, record_store.one(viewer, declared, id, lock=True), {"scaled": amount})
    return made


def performance(viewer: Viewer, by: str, **narrowed: str) -> tuple[Performance, ...]:
    """Money asked, decided and paid by line, sector, size or time (month, year); for the bureau's offices and role."""
    if not (viewer.duties & OFFICES or viewer.role.value == "administrator"):
        raise NotAllowed(
            Said("资金汇总仅供主管部门经办岗位查看", "the sums are for the bureau's offices"),
            "performance",
            Said("请向其索取", "ask one of them"),
            "not-allowed",
        )
    return sums.grouped(viewer.organisation, by, **narrowed)


def notices(viewer: Viewer | None) -> tuple[RecordView, ...]:
    """Awards in public notice, the newest first."""
    from_public = records.page(None, "application", Query(limit=200), count=False)
    return tuple(one for one in from_public.items if one.state in ("publicity", "objection"))


def open_calls(line: str = "") -> tuple[RecordView, ...]:
    """Published calls whose window holds today, of one line or all."""
    filters = {"line": (line,)} if line else {}
    found = records.page(None, "call", Query(filters=filters, limit=200), count=False).items
    today = timezone.localdate()
    return tuple(
        one for one in found if one.state == "published" and one.values["opens_on"] <= today <= one.values["closes_on"]
    )


def cases(viewer: Viewer) -> Iterator[dict[str, Any]]:
    """What the engine was last asked for each application, to be asked again under a draft of parameters (政策沙盘)."""
    if not viewer.duties & OFFICES:
        return
    found = store.rows("application").filter(entry__handler_id=viewer.organisation, submitted_on__isnull=False)
    known = {one.entry_id: one for one in found.only("entry_id", "entry", "sector", "size")}
    for kept in store.latest_computations(known):
        row = known[kept.application_id]
        told = {"name": str(row.entry_id), "line": kept.line, "given": kept.question, "as_of": kept.as_of}
        yield {**told, "sector": row.sector, "size": row.size}


def _pairs() -> list[tuple[frozenset[str], LocalText]]:
    listed = service("measures.documents")()["overlaps"]
    return [(frozenset(one["lines"]), LocalText(**one["shared"])) for one in listed]


def _overlap(row: Any, one: Overlap) -> OverlapView:
    items = tuple(SharedItem(mine.name, mine.amount, mine.document) for mine, _ in one.items)
    other = one.other
    return OverlapView(row.entry.code, other.code, other.id, other.title, other.line, one.shared, items, one.amount)


def _draw(lot: Draw, names: dict[int, str]) -> DrawView:
    again = replayed(lot)
    same = list(again.drawn) == lot.drawn and list(again.order) == lot.order
    drawn = tuple(names.get(id, str(id)) for id in lot.drawn)
    gone = names.get(lot.replaces, "") if lot.replaces else ""
    return DrawView(lot.at, lot.by_name, lot.method, lot.seed, drawn, gone, lot.reason, same)


def _reviewers(lots: tuple[Draw, ...], sheets: list[Any], names: dict[int, str]) -> tuple[ReviewerView, ...]:
    if not lots:
        return ()
    of = {one.reviewer_id: one for one in sheets}
    against = {int(id): why for lot in lots for id, why in lot.conflicts.items()}
    return tuple(
        ReviewerView(
            id,
            names.get(id, str(id)),
            place,
            id in of,
            tuple(REASONS[why] for why in against.get(id, ())),
            of[id].entry_id if id in of else 0,
            of[id].entry.state if id in of else "",
        )
        for place, id in enumerate(lots[-1].order, 1)
    )


def _require(viewer: Viewer, bureau: str, duties: frozenset[str]) -> None:
    if viewer.organisation != bureau or not viewer.duties & duties:
        wanted = ", ".join(sorted(duties))
        raise NotAllowed(
            Said("此事由主管部门办理", "this is the bureau's to do"),
            "applications",
            f"these may: {wanted}",
            "not-allowed",
        )
