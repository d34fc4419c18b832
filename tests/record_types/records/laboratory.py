"""Laboratory (实验室): a Register with a unique number, a choice, a day, an amount, and documents of its own."""

from django.core.validators import MinValueValidator
from django.db import models

from kandelia.base.text import LocalText
from kandelia.sdk.record_types import (
    OWNER,
    REGISTER,
    Field,
    Group,
    Print,
    Record,
    RecordType,
    Reference,
    State,
)

LIFE = REGISTER.but(
    states=(State("draft", LocalText("草稿", "Draft"), "start", editable_by=(OWNER, "registrar")),),
)


class Laboratory(Record):
    """A laboratory that measures for others."""

    number = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20)
    opened = models.DateField(null=True, blank=True)
    equipment = models.DecimalField(max_digits=14, decimal_places=2, default=0, validators=[MinValueValidator(0)])
    staff = models.IntegerField(null=True, blank=True)
    account = models.CharField(max_length=40, blank=True)
    note = models.TextField(blank=True)
    parent = Reference("laboratory", null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["name", "entry"], name="laboratory_name"),
            models.Index(fields=["equipment", "entry"], name="laboratory_equipment"),
        ]


LABORATORY = RecordType(
    name="laboratory",
    label=LocalText("实验室", "Laboratory"),
    plural=LocalText("实验室", "Laboratories"),
    model=Laboratory,
    life=LIFE,
    groups=(
        Group(
            LocalText("基本信息", "About it"),
            (
                Field("number", LocalText("登记号", "Registration number"), weight=3),
                Field("name", LocalText("名称", "Name"), weight=3),
                Field(
                    "kind",
                    LocalText("类别", "Kind"),
                    choices=(("metal", LocalText("金属", "Metal")), ("food", LocalText("食品", "Food"))),
                ),
                Field("opened", LocalText("成立日期", "Opened")),
                Field("equipment", LocalText("设备原值", "Value of equipment"), unit="CNY"),
                Field("staff", LocalText("人数", "Staff")),
                Field(
                    "account",
                    LocalText("银行账号", "Bank account"),
                    personal="account",
                    unmasked_for=("registrar", OWNER),
                ),
                Field("note", LocalText("说明", "Note"), lines=4, weight=1),
                Field("parent", LocalText("上级实验室", "Laboratory above")),
            ),
        ),
    ),
    title=("number", "name"),
    columns=("number", "name", "kind", "equipment"),
    sorts=("name", "equipment"),
    filters=("kind", "opened", "equipment"),
    amounts=("equipment", "staff"),
    create_by=(OWNER, "registrar"),
    handler="root",
    prints=(
        Print(
            "acceptance",
            LocalText("受理通知书", "Notice of acceptance"),
            "notice",
            LocalText(
                "你单位申请登记的实验室“{name}”（登记号 {number}）材料齐全，现予受理。\n特此通知。",
                "The laboratory “{name}” ({number}) that you asked to register is complete and accepted.",
            ),
            ("submitted",),
        ),
    ),
)
