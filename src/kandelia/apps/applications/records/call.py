"""Call (申报通知): one funding line, its window, its own form, the papers wanted, the budget and the periods."""

from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from kandelia.apps.applications.forms import checked_form
from kandelia.apps.applications.logic.scoring import USUAL, checked_criteria
from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText, Said
from kandelia.sdk.record_types import PUBLISH, Case, Field, Group, Record, RecordType, Transition
from kandelia.sdk.records import access
from kandelia.sdk.services import service

RULES = (
    ("warn", LocalText("超出预算时提示", "Warn when it is passed")),
    ("refuse", LocalText("超出预算时拒绝", "Refuse what passes it")),
    ("pro_rata", LocalText("超出预算时同比例压减", "Scale all down alike")),
)
EXPERTS_MAX = 15


def usual_criteria() -> list[dict[str, Any]]:
    """The criteria of a call that names none."""
    return [dict(one) for one in USUAL]


class Call(Record):
    """`as_of` is the day that the measure is read on (A8); `form` a JSON Schema; `documents` one paper a line."""

    title = models.CharField(max_length=200)
    line = models.CharField(max_length=10)
    as_of = models.DateField()
    opens_on = models.DateField()
    closes_on = models.DateField()
    text = models.TextField(blank=True)
    form = models.JSONField(default=dict, blank=True)
    documents = models.TextField(blank=True)
    criteria = models.JSONField(default=usual_criteria, blank=True)
    budget = models.DecimalField(
        max_digits=16, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )
    budget_rule = models.CharField(max_length=10, default="warn")
    objection_days = models.PositiveSmallIntegerField(
        default=5, validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    objection_channel = models.CharField(max_length=300, blank=True)
    experts = models.PositiveSmallIntegerField(
        default=3, validators=[MinValueValidator(1), MaxValueValidator(EXPERTS_MAX)]
    )
    spread_alarm = models.DecimalField(max_digits=5, decimal_places=2, default=Decimal(30))
    invented = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["closes_on", "entry"], name="call_closes"),
            models.Index(fields=["line", "entry"], name="call_line"),
        ]


def check(row: Any) -> None:
    """Days in order, a line there is, a form and criteria that hold."""
    if row.closes_on < row.opens_on:
        raise InvalidInput(
            Said("截止日早于开始日", "it closes before it opens"),
            "closes_on",
            Said("请填写更晚的日期", "give a later day"),
            "bad-value",
        )
    lines = {one["line"] for one in service("measures.documents")()["lines"]}
    if row.line not in lines:
        raise InvalidInput(
            Said(f"没有条目“{row.line}”", f'there is no line "{row.line}"'),
            "line",
            Said(f"现有：{'、'.join(sorted(lines))}", f"there are: {', '.join(sorted(lines))}"),
        )
    if not access.is_root(row.entry.organisation_id):
        raise InvalidInput(
            Said("只有主管部门可以发布申报通知", "only a bureau calls for applications"),
            "organisation",
            Said("请联系主管部门", "ask the bureau"),
            "not-allowed",
        )
    checked_form(row.form)
    checked_criteria(row.criteria)


def in_force(case: Case) -> None:
    """A call is published for a line that gives something on its day."""
    row: Any = case.record
    document = service("measures.compute")(row.line, {}, row.as_of).document()
    if document["state"] == "not_in_force":
        term = document["validity"]
        mend = Said(
            f"请选择 {term['from']} 至 {term['to']} 之间的日期，或其他条目",
            f"choose a day from {term['from']} to {term['to']}, or another line",
        )
        raise InvalidInput(
            Said(f"{row.line} 在 {row.as_of} 未生效", f"{row.line} is not in force on {row.as_of}"),
            "as_of",
            mend,
            "not-in-force",
        )


def _text(zh: str, en: str) -> LocalText:
    return LocalText(zh, en)


CALL = RecordType(
    name="call",
    label=_text("申报通知", "Call for applications"),
    plural=_text("申报通知", "Calls for applications"),
    model=Call,
    life=PUBLISH.but(
        transitions=(
            Transition(
                "publish",
                _text("签发", "Publish"),
                ("review",),
                "published",
                ("publisher", "leader"),
                in_force,
                four_eyes=True,
                look="main",
            ),
        )
    ),
    groups=(
        Group(
            _text("通知", "Call"),
            (
                Field("title", _text("标题", "Title"), weight=4),
                Field("line", _text("政策条目", "Measure line"), _text("如 M10", "Such as M10"), weight=3),
                Field(
                    "as_of",
                    _text("政策适用日", "Day the measure is read on"),
                    _text("按该日有效的条款计算上限（A8）", "The upper bound is computed as of this day (A8)"),
                ),
                Field("opens_on", _text("受理开始", "Opens")),
                Field("closes_on", _text("受理截止", "Closes")),
                Field("text", _text("正文", "Text"), lines=8, weight=1),
                Field("invented", _text("演示数据", "Demonstration data"), editable=False),
            ),
        ),
        Group(
            _text("申报材料", "What is handed in"),
            (
                Field("form", _text("专项申报表", "Form"), _text("JSON Schema", "JSON Schema"), lines=10),
                Field("documents", _text("附件材料", "Papers"), _text("每行一份", "One a line"), lines=5),
            ),
        ),
        Group(
            _text("预算", "Budget"),
            (
                Field("budget", _text("预算总额", "Budget"), unit="CNY"),
                Field("budget_rule", _text("总额控制", "When it is passed"), choices=RULES),
            ),
        ),
        Group(
            _text("评审与公示", "Review and notice"),
            (
                Field("experts", _text("专家人数", "Experts")),
                Field("criteria", _text("评分标准", "Criteria"), lines=6),
                Field("spread_alarm", _text("分差预警", "Spread that raises an alarm")),
                Field("objection_days", _text("公示工作日", "Working days of notice")),
                Field("objection_channel", _text("异议受理渠道", "Where to object")),
            ),
        ),
    ),
    title=("title",),
    columns=("title", "line", "opens_on", "closes_on", "budget"),
    sorts=("closes_on", "line"),
    filters=("line", "closes_on"),
    amounts=("budget",),
    create_by=("editor", "acceptance"),
    number="SB-{year}-{serial:03}",
    icon="megaphone",
    check=check,
    links=("kandelia.apps.applications.parts.call_links",),
)
