"""Parameter (参数) of an item: a number of the text with unit, validity and wording."""

from django.db import models

from kandelia.base.text import LocalText
from kandelia.sdk.record_types import PUBLISH, Field, Group, Record, RecordType, Reference


class PolicyParameter(Record):
    """A number as the text states it; `most` is the upper end of a range."""

    item = Reference("policy-item")
    name = models.CharField(max_length=60)
    operator = models.CharField(max_length=4, blank=True)
    value = models.DecimalField(max_digits=20, decimal_places=4)
    most = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)
    unit = models.CharField(max_length=30)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)
    clause = models.CharField(max_length=40)
    wording = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["item", "name", "valid_from"], name="parameter_once")]


PARAMETER = RecordType(
    name="policy-parameter",
    label=LocalText("参数", "Parameter"),
    plural=LocalText("参数", "Parameters"),
    model=PolicyParameter,
    life=PUBLISH,
    groups=(
        Group(
            LocalText("参数", "Parameter"),
            (
                Field("item", LocalText("事项", "Item")),
                Field("name", LocalText("名称", "Name"), weight=2),
                Field("operator", LocalText("关系", "Operator")),
                Field("value", LocalText("值", "Value")),
                Field("most", LocalText("上限值", "Upper value")),
                Field("unit", LocalText("单位", "Unit")),
                Field("valid_from", LocalText("自", "From")),
                Field("valid_to", LocalText("至", "To")),
                Field("clause", LocalText("出处", "Clause")),
                Field("wording", LocalText("原文", "Wording"), weight=1),
            ),
        ),
    ),
    title=("name", "item"),
    columns=("name", "item", "value", "unit", "clause"),
    create_by=("editor", "administrator"),
    in_rail=False,
    icon="variable",
)
