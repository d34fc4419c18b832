"""The review: experts drawn by lot, replaced with a trail, their blind marks brought together."""

import secrets
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from kandelia.apps.applications import store
from kandelia.apps.applications.applying import take_bound
from kandelia.apps.applications.logic.drawing import METHOD, Candidate, Drawn, Party, draw
from kandelia.apps.applications.logic.scoring import majority, summary
from kandelia.apps.applications.models import Draw
from kandelia.base.errors import Conflict, InvalidInput
from kandelia.base.text import Said
from kandelia.sdk.record_types import Case, type_of, writing
from kandelia.sdk.records import access

SEED_BYTES = 16
AT_WORK = ("assigned", "given")


def enough_candidates(case: Case) -> None:
    """There are as many reviewers without a conflict as the call wants."""
    row: Any = case.record
    call, against = store.call(row.call_id), party_of(row)
    free = draw("", candidates(row.entry.handler_id), against, call.experts).drawn
    if len(free) < call.experts:
        what = Said(
            f"无利害关系的专家 {len(free)} 人，需要 {call.experts} 人",
            f"{len(free)} reviewers without a conflict, {call.experts} are wanted",
        )
        raise Conflict(
            what,
            "reviewers",
            Said("请增加专家，或减少通知中的专家人数", "add reviewers, or lower the number in the call"),
            "too-few",
        )


def draw_experts(case: Case) -> None:
    """Draw by a fresh seed, keep everything the lot saw, and give each one drawn a sheet."""
    row: Any = case.record
    seen, against = candidates(row.entry.handler_id), party_of(row)
    drawn = draw(secrets.token_hex(SEED_BYTES), seen, against, store.call(row.call_id).experts)
    _keep(case, row.entry_id, drawn, seen, against)
    _give_sheets(row.entry, drawn.drawn)


def replace_leaving(case: Case) -> None:
    """The next in the order of the lot takes the place of one who leaves; conflicts are asked again."""
    leaving: Any = case.record
    row = store.application(leaving.application_id)
    first = store.draws(row.entry_id)[0]
    seen, against = candidates(row.entry.handler_id), party_of(row)
    been = set(store.scores_of(row.entry_id).values_list("reviewer_id", flat=True))
    drawn = draw(first.seed, seen, against, 1, without=been)
    if not drawn.drawn:
        raise Conflict(
            Said("已没有无利害关系的专家", "nobody without a conflict is left"),
            "reviewers",
            Said("请先增加专家", "add reviewers first"),
            "too-few",
        )
    _keep(case, row.entry_id, drawn, seen, against, leaving.reviewer_id)
    _give_sheets(row.entry, drawn.drawn)


def all_scored(case: Case) -> None:
    """Everybody at work has handed in; a spread beyond the alarm wants a word about it."""
    row: Any = case.record
    sheets = list(store.scores_of(row.entry_id).filter(entry__state__in=AT_WORK))
    missing = sum(one.entry.state != "given" for one in sheets)
    if missing or not sheets:
        raise Conflict(
            Said(
                f"{len(sheets)} 位专家中有 {missing} 位尚未评分", f"{missing} of {len(sheets)} experts have not scored"
            ),
            "scores",
            Said("请等待，或更换专家", "wait, or replace them"),
            "open",
        )
    told = summary([one.total for one in sheets], store.call(row.call_id).spread_alarm)
    if told.alarm and not str(case.given.get("review_opinion") or "").strip():
        what = Said(f"评分相差 {told.spread} 分", f"the scores lie {told.spread} points apart")
        raise InvalidInput(
            what, "review_opinion", Said("请说明专家组如何认定", "say how the panel settled it"), "spread"
        )


def bring_together(case: Case) -> None:
    """Mean, spread and findings stand on the application; the sheets are open to the offices from now on."""
    row: Any = case.record
    call = store.call(row.call_id)
    sheets = list(store.scores_of(row.entry_id).filter(entry__state="given"))
    told = summary([one.total for one in sheets], call.spread_alarm)
    row.score, row.spread, row.spread_alarm = told.mean, told.spread, told.alarm
    row.findings = majority([one.findings for one in sheets])
    row.save(update_fields=["score", "spread", "spread_alarm", "findings"])
    store.scores_of(row.entry_id).update(revealed=True)
    take_bound(row, call, "review")


def candidates(bureau: str) -> list[Candidate]:
    """All reviewers of a bureau, as the lot sees them."""
    experts = set(access.holders(bureau, "expert"))
    found = store.rows("reviewer").filter(entry__organisation_id=bureau).order_by("entry_id")
    return [
        Candidate(
            one.entry_id,
            one.person_id,
            one.name,
            one.employer.strip().upper(),
            frozenset(one.relations.upper().split()),
            one.entry.state == "active" and one.person_id in experts,
        )
        for one in found
    ]


def party_of(row: Any) -> Party:
    """Who applies, and who applied under the line before."""
    codes, people = store.applied_before(row.line, row.entry_id)
    return Party(row.uscc, codes, people | _own_people(row))


def replayed(lot: Draw) -> Drawn:
    """The same lot drawn again from what it recorded."""
    seen = [
        Candidate(
            one["id"], one["person"], one["name"], one["employer"], frozenset(one["relations"]), bool(one["active"])
        )
        for one in lot.candidates
    ]
    told = lot.party
    against = Party(told["code"], frozenset(told["earlier_codes"]), frozenset(told["earlier_people"]))
    return draw(lot.seed, seen, against, len(lot.drawn), without=set(told["without"]))


def _own_people(row: Any) -> frozenset[int]:
    kind, _, id = row.entry.created_by.partition(":")
    return frozenset({int(id)}) if kind == "person" else frozenset()


def _keep(
    case: Case, application: int, drawn: Drawn, seen: list[Candidate], against: Party, replaces: int | None = None
) -> None:
    been = [] if replaces is None else list(store.scores_of(application).values_list("reviewer_id", flat=True))
    party = {
        "code": against.code,
        "earlier_codes": sorted(against.earlier_codes),
        "earlier_people": sorted(against.earlier_people),
        "without": sorted(been),
    }
    Draw.objects.create(
        application_id=application,
        at=timezone.now(),
        by=case.viewer.subject,
        by_name=case.viewer.name,
        method=METHOD,
        seed=drawn.seed,
        order=list(drawn.order),
        conflicts={str(id): list(why) for id, why in drawn.conflicts.items()},
        drawn=list(drawn.drawn),
        party=party,
        candidates=[{**asdict(one), "relations": sorted(one.relations)} for one in seen],
        replaces=replaces,
        reason=case.reason,
    )


def _give_sheets(entry: Any, drawn: tuple[int, ...]) -> None:
    declared = type_of("score")
    people = dict(store.rows("reviewer").filter(entry_id__in=drawn).values_list("entry_id", "person_id"))
    for id in drawn:
        sheet = store.new("score", application_id=entry.pk, reviewer_id=id, person_id=people[id])
        writing.add(access.system_viewer(entry.handler_id), declared, sheet)
