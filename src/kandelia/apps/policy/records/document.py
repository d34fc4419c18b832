"""Policy document (政策文件): what was issued, by whom, for where and when."""

from typing import Any

from django.db import models

from kandelia.apps.policy.logic.codes import DOCUMENT_KINDS, LEVELS
from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText
from kandelia.sdk.record_types import PUBLISH, Field, Group, Record, RecordType, Reference

NOT_GIVEN = Field(
    "not_given",
    LocalText("原始资料未给出", "Not given by the source"),
    LocalText("逐项列出留空的内容", "What was left empty for want of a source"),
)


class PolicyDocument(Record):
    """A document; its validity follows from its dates, `superseded` is a state that names the successor."""

    key = models.CharField(max_length=60, unique=True)
    title = models.CharField(max_length=250)
    title_en = models.CharField(max_length=250, blank=True)
    number = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=20)
    level = models.CharField(max_length=20)
    region = models.CharField(max_length=80, blank=True)
    subject = models.CharField(max_length=120, blank=True)
    sectors = models.CharField(max_length=200, blank=True)
    issuer = models.CharField(max_length=200, blank=True)
    issued_on = models.DateField(null=True, blank=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    superseded_by = Reference("policy-document", null=True, blank=True)
    summary = models.TextField(blank=True)
    not_given = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["title", "entry"], name="policy_title"),
            models.Index(fields=["level", "entry"], name="policy_level"),
        ]


def check(row: Any) -> None:
    """The last day is not before the first."""
    if row.valid_from and row.valid_to and row.valid_to < row.valid_from:
        raise InvalidInput("the last day is before the first", "valid_to", "mend one of the two dates", "bad-dates")


DOCUMENT = RecordType(
    name="policy-document",
    label=LocalText("政策文件", "Policy document"),
    plural=LocalText("政策库", "Policy library"),
    model=PolicyDocument,
    life=PUBLISH,
    groups=(
        Group(
            LocalText("文件", "Document"),
            (
                Field(
                    "key",
                    LocalText("编号", "Key"),
                    LocalText("引用时使用，不再更改", "Used in citations, never changed"),
                ),
                Field("title", LocalText("标题", "Title"), weight=5),
                Field("title_en", LocalText("英文标题", "English title"), weight=4),
                Field("number", LocalText("文号", "Document number"), weight=3),
                Field("kind", LocalText("类别", "Kind"), choices=DOCUMENT_KINDS),
                Field("summary", LocalText("概要", "Summary"), weight=1, lines=5),
            ),
        ),
        Group(
            LocalText("适用", "For whom"),
            (
                Field("level", LocalText("层级", "Level"), choices=LEVELS),
                Field("region", LocalText("地区", "Region"), weight=1),
                Field("subject", LocalText("主题", "Subject"), weight=2),
                Field("sectors", LocalText("行业", "Sectors"), weight=1),
                Field("issuer", LocalText("发布机关", "Issuer"), weight=1),
            ),
        ),
        Group(
            LocalText("日期", "Dates"),
            (
                Field("issued_on", LocalText("发布日期", "Issued on")),
                Field("valid_from", LocalText("生效日期", "Valid from")),
                Field("valid_to", LocalText("失效日期", "Valid to")),
                Field("superseded_by", LocalText("被何文件替代", "Superseded by")),
                NOT_GIVEN,
            ),
        ),
    ),
    title=("title",),
    columns=("title", "number", "kind", "level", "region", "valid_from", "valid_to"),
    sorts=("title", "level"),
    filters=("kind", "level", "region", "subject", "sectors", "issuer", "valid_from", "valid_to"),
    create_by=("editor", "administrator"),
    icon="book-open",
    check=check,
    page_parts=("kandelia.apps.policy.screens.outline.outline",),
)
