"""Handing in: what must be there, what is frozen, and the upper bound that stands beside the amounts from then on."""

from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.utils import timezone

from kandelia.apps.applications import store
from kandelia.apps.applications.forms import checked_answers
from kandelia.apps.applications.logic.freezing import canonical, digest
from kandelia.apps.applications.logic.inputs import (
    base_of,
    findings_of,
    with_audited,
    with_earlier,
    with_findings,
)
from kandelia.apps.applications.logic.overlaps import read_items
from kandelia.apps.applications.models import Computation, Snapshot
from kandelia.base.errors import Conflict, InvalidInput
from kandelia.base.text import LocalText, Said
from kandelia.sdk.record_types import Case
from kandelia.sdk.records import papers
from kandelia.sdk.services import service

FROZEN = (
    "project",
    "summary",
    "asked",
    "begins_on",
    "ends_on",
    "contact_name",
    "contact_phone",
    "account",
    "answers",
    "inputs",
    "cost_items",
)


def may_submit(case: Case) -> None:
    """Within the window of the call, and complete."""
    row: Any = case.record
    call = store.call(row.call_id)
    today = timezone.localdate()
    if call.entry.state != "published" or not call.opens_on <= today <= call.closes_on:
        what = Said(
            f"本通知受理期为 {call.opens_on} 至 {call.closes_on}",
            f"the call takes applications from {call.opens_on} to {call.closes_on}",
        )
        raise Conflict(what, "call", Said("请查看正在受理的通知", "see which calls are open"), "window")
    is_complete(case)


def is_complete(case: Case) -> None:
    """Form, costs and figures hold, and the engine can answer."""
    row: Any = case.record
    call = store.call(row.call_id)
    checked_answers(call.form, row.answers)
    if base_of(service("measures.schema")(row.line)) and not read_items(row.cost_items):  # a fixed reward has no costs
        raise InvalidInput(
            Said("未填写费用明细", "no cost item is given"),
            "cost_items",
            Said("请至少填写一行", "give at least one row"),
            "no-costs",
        )
    _refuse_without_papers(case, call)
    document = compute(row, call, question_of(row, call))
    if document["state"] == "input_missing":
        names = ", ".join(one["title"]["zh"] for one in document["missing"])
        raise InvalidInput(
            Said(f"计算上限还需要：{names}", f"the upper bound needs: {names}"),
            "inputs",
            Said("请填写这些数据", "fill in the figures"),
            "no-figures",
        )


def _refuse_without_papers(case: Case, call: Any) -> None:
    wanted = [line.strip() for line in call.documents.splitlines() if line.strip()]
    there = papers.files_of(case.viewer, "application", case.entry.pk) if wanted else ()
    if len(there) < len(wanted):
        what = Said(
            f"应附材料 {len(wanted)} 份，已附 {len(there)} 份", f"{len(there)} of {len(wanted)} papers are attached"
        )
        raise InvalidInput(
            what, "documents", Said(f"请附上：{'、'.join(wanted)}", f"attach: {', '.join(wanted)}"), "no-papers"
        )


def freeze(case: Case) -> None:
    """Keep what was handed in with its hash, and the bound it gives."""
    row: Any = case.record
    call = store.call(row.call_id)
    content = canonical(_content(row, call))
    sha256 = digest(content)
    Snapshot.objects.create(
        application_id=row.entry_id, at=case.at, by=case.viewer.subject, content=content, sha256=sha256
    )
    row.snapshot_sha256 = sha256
    row.submitted_on = row.submitted_on or timezone.localdate(case.at)
    row.save(update_fields=["snapshot_sha256", "submitted_on"])
    take_bound(row, call, "submission")


def take_bound(row: Any, call: Any, purpose: str) -> None:
    """Compute, keep question and answer, and put the bound beside the amounts. An audited base may only lower it."""
    question = question_of(row, call)
    result = service("measures.compute")(row.line, question, call.as_of)
    document = result.document()
    bound = Decimal(document["upper_bound"]) if document["upper_bound"] is not None else None
    Computation.objects.create(
        application_id=row.entry_id,
        at=timezone.now(),
        purpose=purpose,
        line=row.line,
        as_of=call.as_of,
        question=question,
        answer=result.canonical().decode(),
        bound=bound,
        binding=document["binding"] or "",
        engine=" ".join(document["engine"].values()),
        parameters=document["parameters"]["sha256"],
    )
    lower = row.audited_base is not None and row.bound is not None and bound is not None
    row.bound = min(row.bound, bound) if lower else bound
    row.save(update_fields=["bound"])


def take_audited(case: Case) -> None:
    """The bound again, over the audited base."""
    row: Any = case.record
    take_bound(row, store.call(row.call_id), "audit")


def question_of(row: Any, call: Any) -> dict[str, Any]:
    """What the engine is asked now: figures, what reviewers found, awards of the year, the audited base."""
    schema = service("measures.schema")(row.line)
    given = with_findings(row.inputs, row.findings, schema)
    given = with_earlier(given, store.earlier_awards(row, timezone.localdate().year), schema)
    return given if row.audited_base is None else with_audited(given, row.audited_base, schema)


def compute(row: Any, call: Any, question: Mapping[str, Any]) -> dict[str, Any]:
    """The engine's answer; InvalidInput names the figure."""
    document: dict[str, Any] = service("measures.compute")(row.line, question, call.as_of).document()
    return document


def repeats(computation: Computation) -> bool:
    """Whether the engine gives the same bytes for the same question today."""
    result = service("measures.compute")(computation.line, computation.question, computation.as_of)
    return bool(result.canonical().decode() == computation.answer)


def is_whole(snapshot: Snapshot) -> bool:
    """Whether the frozen data still have their hash."""
    return digest(snapshot.content) == snapshot.sha256


def findings_titles(line: str) -> dict[str, LocalText]:
    """What reviewers find on a line, and how it is said."""
    schema = service("measures.schema")(line)
    return {name: LocalText(**schema["properties"][name]["x-title"]) for name in findings_of(schema)}


def _content(row: Any, call: Any) -> dict[str, Any]:
    profile = service("registers.profile")(row.applicant_id)
    terms = {"call": call.entry.code, "title": call.title, "line": call.line, "as_of": call.as_of, "form": call.form}
    return {
        "application": row.entry.code,
        "fields": {name: getattr(row, name) for name in FROZEN},
        "organisation": asdict(profile),
        "call": terms,
    }
