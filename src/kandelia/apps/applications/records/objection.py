"""Objection (公示异议): raised while a notice runs, which then stands still until it is settled."""

from typing import Any

from django.db import models
from django.db.models import Q

from kandelia.apps.applications import store
from kandelia.base.errors import Conflict
from kandelia.base.text import LocalText, Said
from kandelia.sdk.record_types import (
    ANYONE,
    Case,
    Deadline,
    Field,
    Group,
    Life,
    Record,
    RecordType,
    Reference,
    State,
    Transition,
    acting,
    type_of,
)
from kandelia.sdk.records import access

NOTICED = ("publicity", "objection")
OFFICES = {"supervisor", "acceptance", "leader"}


class Objection(Record):
    """Against the award that a notice tells."""

    application = Reference("application")
    grounds = models.TextField()
    evidence = models.TextField(blank=True)
    contact = models.CharField(max_length=60, blank=True)
    finding = models.TextField(blank=True)


def narrow(viewer: Any, rows: Any) -> Any:
    """One's own organisation's; all of them for the offices that settle them."""
    if viewer.subject == "system" or viewer.duties & OFFICES:
        return rows
    return rows.filter(
        Q(entry__organisation_id=viewer.organisation) & ~Q(entry__organisation_id=models.F("entry__handler_id"))
        | Q(entry__created_by=viewer.subject)
    )


def check(row: Any) -> None:
    """Only while the notice runs."""
    if row.entry.pk is None and row.application.state not in NOTICED:
        raise Conflict(
            Said("该项目不在公示期内", "no notice of it runs"),
            "application",
            Said("请查看正在进行的公示", "see the notices that run"),
            "state",
        )


def stop_notice(row: Any) -> None:
    """The notice stands still from the moment an objection is raised."""
    if row.entry.state == "raised":
        _take(row.application_id, "object", row.entry.code)


def dismiss(case: Case) -> None:
    """The notice goes on, unless another objection is open."""
    row: Any = case.record
    others = store.rows("objection").filter(application_id=row.application_id, entry__state="raised")
    if not others.exclude(entry_id=row.entry_id).exists():
        _take(row.application_id, "dismiss", row.entry.code)


def uphold(case: Case) -> None:
    """The application is rejected."""
    row: Any = case.record
    _take(row.application_id, "uphold", row.entry.code)


def is_settled_by_another(case: Case) -> None:
    """Nobody settles what their own organisation's application is about."""
    row: Any = case.record
    if store.belongs_to(case.viewer.person, row.application.organisation_id):
        raise Conflict(
            Said("您同时代表申报单位，应当回避", "you also act for the applicant"),
            "application",
            Said("请由同事办理", "ask a colleague"),
            "own-interest",
        )


def _take(application_id: int, name: str, basis: str) -> None:
    declared, row = type_of("application"), store.application(application_id)
    step = declared.life_of(row.entry.process).transition(name)
    if row.entry.state in step.sources:
        acting.take(access.system_viewer(row.entry.handler_id), declared, row, step, basis=basis)


def _step(name: str, zh: str, en: str, target: str, effect: Any) -> Transition:
    return Transition(
        name,
        LocalText(zh, en),
        ("raised",),
        target,
        ("supervisor",),
        is_settled_by_another,
        effect,
        four_eyes=True,
        asks=("finding",),
    )


OBJECTION = RecordType(
    name="objection",
    label=LocalText("公示异议", "Objection"),
    plural=LocalText("公示异议", "Objections"),
    model=Objection,
    life=Life(
        states=(
            State("raised", LocalText("待核查", "Raised"), "start", look="attention"),
            State("dismissed", LocalText("不成立", "Dismissed"), "end", look="muted"),
            State("upheld", LocalText("成立", "Upheld"), "end", look="bad"),
        ),
        transitions=(
            _step("dismiss", "异议不成立", "Dismiss", "dismissed", dismiss),
            _step("uphold", "异议成立", "Uphold", "upheld", uphold),
        ),
        deadlines=(Deadline("settling", LocalText("核查期限", "Settling"), 15, ("create",), ("dismiss", "uphold")),),
    ),
    groups=(
        Group(
            LocalText("异议", "Objection"),
            (
                Field("application", LocalText("被公示申报", "Application")),
                Field("grounds", LocalText("理由", "Grounds"), lines=5, weight=1),
                Field("evidence", LocalText("证据", "Evidence"), lines=3),
                Field("contact", LocalText("联系方式", "Contact"), personal="phone", unmasked_for=("supervisor",)),
                Field("finding", LocalText("核查结论", "Finding"), editable=False, lines=4, required=True),
            ),
        ),
    ),
    title=("application",),
    columns=("application", "grounds"),
    create_by=(ANYONE,),
    handler="root",
    number="YY-{year}-{serial:04}",
    icon="message-square-warning",
    importable=False,
    remove=False,
    narrow=narrow,
    check=check,
    saved=stop_notice,
)
