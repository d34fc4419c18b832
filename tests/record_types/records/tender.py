"""Tender (招标): an Exchange. Published, offers taken until a day, evaluated, contracted, settled or failed."""

from django.core.validators import MinValueValidator
from django.db import models

from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText
from kandelia.sdk.record_types import (
    CLOCK,
    OWNER,
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


def has_winner(case: Case) -> None:
    """A tender is only awarded to somebody."""
    if not (case.given.get("winner") or case.record.winner):
        raise InvalidInput("nobody was chosen", "winner", "choose the winner")


EXCHANGE = Life(
    states=(
        State("draft", LocalText("草稿", "Draft"), "start", editable_by=(OWNER,)),
        State("open", LocalText("投标中", "Taking offers"), public=True),
        State("evaluating", LocalText("评标", "Evaluating")),
        State("standstill", LocalText("公示", "Stand-still"), public=True),
        State("contracted", LocalText("已签约", "Contracted"), look="good"),
        State("settled", LocalText("已结算", "Settled"), "end", look="muted"),
        State("failed", LocalText("流标", "Failed"), "end", look="bad"),
    ),
    transitions=(
        Transition("publish", LocalText("发布", "Publish"), ("draft",), "open", (OWNER,)),
        Transition("close", LocalText("截标", "Close"), ("open",), "evaluating", (CLOCK,)),
        Transition(
            "award", LocalText("定标", "Award"), ("evaluating",), "standstill", (OWNER,), has_winner, asks=("winner",)
        ),
        Transition("fail", LocalText("流标", "Fail"), ("evaluating", "standstill"), "failed", (OWNER,), reason=True),
        Transition("contract", LocalText("签约", "Contract"), ("standstill",), "contracted", (OWNER,)),
        Transition("settle", LocalText("结算", "Settle"), ("contracted",), "settled", (OWNER,), asks=("paid",)),
    ),
    deadlines=(Deadline("offers", LocalText("投标期", "Offers"), 20, ("publish",), working=False, then="close"),),
)


class Tender(Record):
    """What is bought."""

    subject = models.CharField(max_length=200)
    budget = models.DecimalField(max_digits=14, decimal_places=2, validators=[MinValueValidator(0)])
    winner = models.CharField(max_length=200, blank=True)
    paid = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    question = Reference("question", null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["budget", "entry"], name="tender_budget")]


TENDER = RecordType(
    name="tender",
    label=LocalText("招标", "Tender"),
    plural=LocalText("招标", "Tenders"),
    model=Tender,
    life=EXCHANGE,
    groups=(
        Group(
            LocalText("招标内容", "What is bought"),
            (
                Field("subject", LocalText("项目", "Subject"), weight=3),
                Field("budget", LocalText("预算", "Budget"), unit="CNY"),
                Field("question", LocalText("相关咨询", "Question behind it")),
            ),
        ),
        Group(
            LocalText("结果", "Outcome"),
            (
                Field("winner", LocalText("中标方", "Winner"), editable=False),
                Field("paid", LocalText("结算金额", "Paid"), unit="CNY", editable=False),
            ),
        ),
    ),
    title=("subject",),
    columns=("subject", "budget", "winner"),
    sorts=("budget",),
    filters=("budget",),
    amounts=("budget", "paid"),
    create_by=("engineer", "administrator"),
    number="ZB-{year}-{serial:04}",
)
