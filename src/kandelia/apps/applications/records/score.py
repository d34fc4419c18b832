"""Score (专家评分): one expert's blind marks for one application. Nobody else sees them before the review is closed."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from kandelia.apps.applications.logic.scoring import total
from kandelia.apps.applications.reviewing import replace_leaving
from kandelia.apps.applications.store import call_of
from kandelia.base.errors import InvalidInput, NotAllowed
from kandelia.base.text import LocalText, Said
from kandelia.sdk.record_types import (
    SYSTEM,
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
)

READERS = ("expert", "acceptance", "leader", "supervisor", "auditor")
OFFICES = {"acceptance", "leader", "supervisor", "auditor"}


class Score(Record):
    """`marks` by criterion, `findings` by point of the measure; `revealed` once the review is closed."""

    application = Reference("application")
    reviewer = Reference("reviewer")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    marks = models.JSONField(default=dict, blank=True)
    findings = models.JSONField(default=dict, blank=True)
    total = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    opinion = models.TextField(blank=True)
    revealed = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["person", "entry"], name="score_person")]


def narrow(viewer: Any, rows: Any) -> Any:
    """One's own; the others' once the review is closed, for the offices that work with it."""
    if viewer.subject == "system":
        return rows
    own = Q(person_id=viewer.person or 0)
    return rows.filter(own | Q(revealed=True)) if viewer.duties & OFFICES else rows.filter(own)


def derive(row: Any) -> None:
    """The total follows from the marks."""
    row.total = total(row.marks, call_of(row.application_id).criteria)


def check(row: Any) -> None:
    """Findings are yes or no."""
    if not isinstance(row.findings, dict) or not all(isinstance(one, bool) for one in row.findings.values()):
        raise InvalidInput(
            Said("认定事项只能填是或否", "a finding is yes or no"),
            "findings",
            Said("请选择是或否", 'write {"effect": true}'),
            "bad-value",
        )


def is_own(case: Case) -> None:
    """Only the one who was drawn works on it."""
    row: Any = case.record
    if row.person_id != case.viewer.person:
        raise NotAllowed(
            Said("本表抽取的是另一位专家", "another expert was drawn for this"), "score", "", "not-allowed"
        )


def is_complete(case: Case) -> None:
    """All marks and an opinion."""
    is_own(case)
    row: Any = case.record
    if row.total is None:
        raise InvalidInput(
            Said("有评分项未打分", "a mark is missing"),
            "marks",
            Said("请为每个评分项打分", "give a mark for every criterion"),
            "missing",
        )
    if not row.opinion.strip():
        raise InvalidInput(
            Said("未填写评审意见", "no opinion is given"),
            "opinion",
            Said("请说明打分依据", "say what the marks rest on"),
            "missing",
        )


SCORE = RecordType(
    name="score",
    label=LocalText("专家评分", "Score"),
    plural=LocalText("专家评分", "Scores"),
    model=Score,
    life=Life(
        states=(
            State("assigned", LocalText("待评分", "To be scored"), "start", editable_by=("expert",)),
            State("given", LocalText("已评分", "Scored"), "end", look="good"),
            State("declined", LocalText("已回避", "Declined"), "end", look="muted"),
            State("replaced", LocalText("已更换", "Replaced"), "end", look="muted"),
        ),
        transitions=(
            Transition(
                "give", LocalText("提交评分", "Hand in"), ("assigned",), "given", ("expert",), is_complete, look="main"
            ),
            Transition(
                "decline",
                LocalText("申请回避", "Decline"),
                ("assigned",),
                "declined",
                ("expert",),
                is_own,
                replace_leaving,
                reason=True,
                expected=False,
                look="danger",
            ),
            Transition(
                "replace",
                LocalText("更换专家", "Replace"),
                ("assigned",),
                "replaced",
                (SYSTEM,),
                effect=replace_leaving,
                expected=False,
            ),
        ),
        deadlines=(
            Deadline("review", LocalText("评分期限", "Scoring"), 10, ("create",), ("give", "decline", "replace")),
        ),
    ),
    groups=(
        Group(
            LocalText("评分", "Score"),
            (
                Field("application", LocalText("申报", "Application"), editable=False),
                Field("reviewer", LocalText("专家", "Reviewer"), editable=False),
                Field("marks", LocalText("各项得分", "Marks"), lines=6),
                Field("total", LocalText("总分", "Total"), editable=False),
                Field("findings", LocalText("评审认定", "Findings"), lines=4),
                Field("opinion", LocalText("评审意见", "Opinion"), lines=6),
                Field("revealed", LocalText("已汇总", "Review closed"), editable=False),
            ),
        ),
    ),
    title=("application",),
    columns=("application", "reviewer", "total"),
    read_by=READERS,
    icon="clipboard-check",
    remove=False,
    importable=False,
    narrow=narrow,
    derive=derive,
    check=check,
    links=("kandelia.apps.applications.parts.score_links",),
)
