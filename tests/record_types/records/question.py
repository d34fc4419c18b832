"""Question (咨询): a Case. Asked by a firm, triaged, assigned, answered, confirmed by the one who asked."""

from django.db import models

from kandelia.base.text import LocalText
from kandelia.sdk.record_types import OWNER, Deadline, Field, Group, Life, Record, RecordType, State, Transition

CASE = Life(
    states=(
        State("opened", LocalText("已提出", "Opened"), "start", editable_by=(OWNER,)),
        State("triaged", LocalText("已分派", "Triaged")),
        State("resolved", LocalText("已答复", "Resolved"), look="good"),
        State("closed", LocalText("已关闭", "Closed"), "end", look="muted"),
    ),
    transitions=(
        Transition("triage", LocalText("分派", "Triage"), ("opened",), "triaged", ("acceptance",), asks=("topic",)),
        Transition("resolve", LocalText("答复", "Resolve"), ("triaged",), "resolved", ("expert",), asks=("answer",)),
        Transition("confirm", LocalText("确认", "Confirm"), ("resolved",), "closed", (OWNER,)),
        Transition("reopen", LocalText("退回", "Reopen"), ("resolved",), "triaged", (OWNER,), reason=True),
    ),
    deadlines=(Deadline("answer", LocalText("答复期限", "Answer"), 5, ("create", "reopen"), ("resolve",)),),
)


class Question(Record):
    """What a firm wants to know."""

    subject = models.CharField(max_length=200)
    text = models.TextField()
    phone = models.CharField(max_length=30, blank=True)
    topic = models.CharField(max_length=20, blank=True)
    answer = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["topic", "entry"], name="question_topic")]


QUESTION = RecordType(
    name="question",
    label=LocalText("咨询", "Question"),
    plural=LocalText("咨询", "Questions"),
    model=Question,
    life=CASE,
    groups=(
        Group(
            LocalText("咨询内容", "What is asked"),
            (
                Field("subject", LocalText("主题", "Subject"), weight=3),
                Field("text", LocalText("内容", "Text"), weight=1, lines=5),
                Field("phone", LocalText("电话", "Phone"), personal="phone", unmasked_for=("acceptance", OWNER)),
            ),
        ),
        Group(
            LocalText("答复", "Answer"),
            (
                Field(
                    "topic",
                    LocalText("类别", "Topic"),
                    choices=(("network", LocalText("网络", "Network")), ("platform", LocalText("平台", "Platform"))),
                    editable=False,
                ),
                Field("answer", LocalText("答复", "Answer"), editable=False, lines=5, required=True),
            ),
        ),
    ),
    title=("subject",),
    columns=("subject", "topic"),
    sorts=("topic",),
    filters=("topic",),
    create_by=(OWNER,),
    handler="root",
    number="ZX-{year}-{serial:04}",
    retention_days=30,
)
