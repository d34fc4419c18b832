"""Policy item (政策事项): what one can ask for or is committed to, with the line that computes it."""

from django.db import models

from kandelia.apps.policy.logic.codes import ITEM_KINDS
from kandelia.base.text import LocalText
from kandelia.sdk.record_types import PUBLISH, Field, Group, Record, RecordType, Reference


class PolicyItem(Record):
    """An actionable piece of a clause. `line` is a funding line of the measures engine, empty where nothing is paid."""

    key = models.CharField(max_length=60, unique=True)
    clause = Reference("policy-clause")
    title = models.CharField(max_length=200)
    title_en = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=20)
    subjects = models.CharField(max_length=300, blank=True)
    gives = models.TextField(blank=True)
    gives_en = models.TextField(blank=True)
    conditions = models.TextField(blank=True)
    line = models.CharField(max_length=20, blank=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    responsible = models.CharField(max_length=200, blank=True)
    telephone = models.CharField(max_length=60, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["key", "entry"], name="item_key"),
            models.Index(fields=["line"], name="item_line"),
        ]


ITEM = RecordType(
    name="policy-item",
    label=LocalText("政策事项", "Policy item"),
    plural=LocalText("政策事项", "Policy items"),
    model=PolicyItem,
    life=PUBLISH,
    groups=(
        Group(
            LocalText("事项", "Item"),
            (
                Field("key", LocalText("编号", "Key"), weight=3),
                Field("clause", LocalText("条款", "Clause")),
                Field("title", LocalText("名称", "Title"), weight=5),
                Field("title_en", LocalText("英文名称", "English title"), weight=4),
                Field("kind", LocalText("类别", "Kind"), choices=ITEM_KINDS),
                Field("line", LocalText("计算条目", "Line of the measures engine"), weight=2),
            ),
        ),
        Group(
            LocalText("内容", "Content"),
            (
                Field("subjects", LocalText("惠及对象", "For whom"), weight=2, lines=2),
                Field("gives", LocalText("内容", "What it gives"), weight=2, lines=3),
                Field("gives_en", LocalText("英文内容", "What it gives, in English"), weight=1, lines=3),
                Field("conditions", LocalText("条件", "Conditions"), weight=1, lines=4),
            ),
        ),
        Group(
            LocalText("办理", "Handling"),
            (
                Field("valid_from", LocalText("自", "From")),
                Field("valid_to", LocalText("至", "To")),
                Field("responsible", LocalText("受理单位", "Handled by")),
                Field("telephone", LocalText("咨询电话", "Telephone")),
            ),
        ),
    ),
    title=("key", "title"),
    columns=("key", "title", "kind", "subjects", "valid_from", "valid_to"),
    sorts=("key",),
    filters=("kind", "line", "valid_from", "valid_to"),
    create_by=("editor", "administrator"),
    icon="list-checks",
)
