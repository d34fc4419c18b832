"""Clause (条款) of a policy document: its label, a short quotation and a gloss, never the whole text."""

from django.db import models

from kandelia.apps.policy.records.document import NOT_GIVEN
from kandelia.base.text import LocalText
from kandelia.sdk.record_types import PUBLISH, Field, Group, Record, RecordType, Reference

QUOTE_LENGTH_MAX = 300


class PolicyClause(Record):
    """A clause by the label that citations use (M5, P3.1, B2)."""

    document = Reference("policy-document")
    label = models.CharField(max_length=20)
    place = models.PositiveIntegerField(default=0)
    heading = models.CharField(max_length=200, blank=True)
    quote = models.CharField(max_length=QUOTE_LENGTH_MAX, blank=True)
    gloss_zh = models.TextField(blank=True)
    gloss_en = models.TextField(blank=True)
    not_given = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["document", "label"], name="clause_once")]
        indexes = [models.Index(fields=["label", "entry"], name="clause_label")]


CLAUSE = RecordType(
    name="policy-clause",
    label=LocalText("条款", "Clause"),
    plural=LocalText("条款", "Clauses"),
    model=PolicyClause,
    life=PUBLISH,
    groups=(
        Group(
            LocalText("条款", "Clause"),
            (
                Field("document", LocalText("文件", "Document")),
                Field("label", LocalText("条款号", "Label"), weight=4),
                Field("place", LocalText("顺序", "Place")),
                Field("heading", LocalText("标题", "Heading"), weight=3),
                Field(
                    "quote",
                    LocalText("原文摘录", "Quotation"),
                    LocalText("短摘录，不收录全文", "A short one, not the text"),
                    weight=2,
                    lines=3,
                ),
                Field("gloss_zh", LocalText("说明", "Gloss"), weight=2, lines=3),
                Field("gloss_en", LocalText("英文说明", "Gloss in English"), weight=1, lines=3),
                NOT_GIVEN,
            ),
        ),
    ),
    title=("label", "heading", "document"),
    columns=("label", "heading", "document", "gloss_zh"),
    sorts=("label",),
    filters=("label",),
    create_by=("editor", "administrator"),
    in_rail=False,
    icon="pilcrow",
)
