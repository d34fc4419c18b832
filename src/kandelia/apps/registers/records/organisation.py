"""Organisation (企业): one record per organisation, with its code, sector, size and contacts."""

from typing import Any

from django.db import models

from kandelia.apps.registers.logic.codes import KINDS, SECTORS, SIZES
from kandelia.apps.registers.logic.uscc import checked
from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText, Said
from kandelia.sdk.record_types import (
    OWNER,
    REGISTER,
    SYSTEM,
    Case,
    Entry,
    Field,
    Group,
    Record,
    RecordType,
    State,
    Transition,
)

DESK = ("registrar", "acceptance", "auditor", "leader", "finance", "supervisor")
INSIDE = (OWNER, *DESK)


class Organisation(Record):
    """A firm, institute, association or public body. `account` is the thin organisation its people sign in under."""

    uscc = models.CharField(max_length=18, unique=True)
    name_zh = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=20, default="enterprise")
    sector = models.CharField(max_length=2)
    size = models.CharField(max_length=10)
    district = models.CharField(max_length=60, blank=True)
    address = models.CharField(max_length=300, blank=True)
    founded_on = models.DateField(null=True, blank=True)
    employees = models.PositiveIntegerField(null=True, blank=True)
    revenue = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    contact_name = models.CharField(max_length=60, blank=True)
    contact_phone = models.CharField(max_length=30, blank=True)
    contact_email = models.EmailField(blank=True)
    account = models.CharField(max_length=60, null=True, blank=True, unique=True)
    verified_on = models.DateField(null=True, blank=True)
    verified_by = models.CharField(max_length=200, blank=True)
    invented = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["name_zh", "entry"], name="organisation_name"),
            models.Index(fields=["sector", "entry"], name="organisation_sector"),
            models.Index(fields=["size", "entry"], name="organisation_size"),
            models.Index(fields=["uscc", "entry"], name="organisation_uscc"),
        ]


class OrganisationName(models.Model):
    """A name and the days it was borne; `until` empty: borne now."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["-since", "-id"]

    def __str__(self) -> str:
        return f"{self.name} {self.since} – {self.until or ''}"


def derive(row: Any) -> None:
    """The code in its written form; an empty account is none."""
    row.uscc = checked(row.uscc)
    row.account = row.account or None


def keep_name(row: Any) -> None:
    """A changed name ends the one before, from the day of the change."""
    day = row.entry.changed_at.date()
    now = OrganisationName.objects.filter(organisation=row.entry, until=None).first()
    if now is not None and now.name == row.name_zh:
        return
    if now is not None:
        now.until = day
        now.save(update_fields=["until"])
    OrganisationName.objects.create(organisation=row.entry, name=row.name_zh, since=day)


def is_complete(case: Case) -> None:
    """A firm that asks for something must be reachable."""
    for name in ("contact_name", "contact_phone"):
        if not getattr(case.record, name):
            raise InvalidInput(
                Said("未填写", "nothing is given"),
                name,
                Said("请在提交前填写", "fill it in before submitting"),
                "missing",
            )


def note_verified(case: Case) -> None:
    """Who verified it, and when."""
    row: Any = case.record
    row.verified_on, row.verified_by = case.at.date(), case.viewer.name
    row.save(update_fields=["verified_on", "verified_by"])


ORGANISATION = RecordType(
    name="organisation",
    label=LocalText("企业", "Organisation"),
    plural=LocalText("企业库", "Organisations"),
    model=Organisation,
    life=REGISTER.but(
        states=(State("merged", LocalText("已合并", "Merged"), "end", look="muted"),),
        transitions=(
            Transition(
                "submit",
                LocalText("提交", "Submit"),
                ("draft", "returned"),
                "submitted",
                ("applicant", "registrar"),
                is_complete,
                look="main",
            ),
            Transition(
                "verify",
                LocalText("核验", "Verify"),
                ("active",),
                "active",
                ("registrar",),
                effect=note_verified,
                four_eyes=True,
                expected=False,
                basis=LocalText("GB 32100-2015"),
            ),
            Transition(
                "merge",
                LocalText("并入", "Merge"),
                ("draft", "submitted", "active"),
                "merged",
                (SYSTEM,),
                expected=False,
            ),
            Transition(
                "unmerge", LocalText("撤销并入", "Undo the merge"), ("merged",), "active", (SYSTEM,), expected=False
            ),
        ),
    ),
    groups=(
        Group(
            LocalText("基本信息", "Identity"),
            (
                Field(
                    "uscc",
                    LocalText("统一社会信用代码", "Unified social credit code"),
                    LocalText("18位，末位为校验码", "18 characters, the last one checks the others"),
                    weight=4,
                ),
                Field("name_zh", LocalText("名称", "Name"), weight=5),
                Field("name_en", LocalText("英文名称", "English name"), weight=4),
                Field("kind", LocalText("类型", "Kind"), choices=KINDS),
                Field("sector", LocalText("行业门类", "Sector"), LocalText("GB/T 4754"), choices=SECTORS),
                Field("size", LocalText("规模", "Size"), choices=SIZES),
                Field("founded_on", LocalText("成立日期", "Founded")),
                Field("invented", LocalText("演示数据", "Demonstration data"), editable=False),
            ),
        ),
        Group(
            LocalText("所在地", "Place"),
            (
                Field("district", LocalText("区", "District"), weight=1),
                Field("address", LocalText("地址", "Address"), weight=1),
            ),
        ),
        Group(
            LocalText("经营", "Business"),
            (
                Field("employees", LocalText("从业人员", "Employees"), seen_by=INSIDE),
                Field("revenue", LocalText("上年营业收入", "Revenue of last year"), unit="CNY", seen_by=INSIDE),
            ),
        ),
        Group(
            LocalText("联系人", "Contact"),
            (
                Field("contact_name", LocalText("姓名", "Name"), personal="name", unmasked_for=INSIDE, seen_by=INSIDE),
                Field(
                    "contact_phone", LocalText("电话", "Phone"), personal="phone", unmasked_for=INSIDE, seen_by=INSIDE
                ),
                Field("contact_email", LocalText("邮箱", "E-mail"), seen_by=INSIDE),
            ),
        ),
        Group(
            LocalText("登记", "Registration"),
            (
                Field("account", LocalText("登录单位", "Account"), seen_by=DESK),
                Field("verified_on", LocalText("核验日期", "Verified on"), editable=False),
                Field("verified_by", LocalText("核验人", "Verified by"), editable=False, seen_by=INSIDE),
            ),
        ),
    ),
    title=("name_zh",),
    columns=("uscc", "name_zh", "sector", "size", "district", "verified_on"),
    sorts=("name_zh", "uscc", "sector", "size"),
    filters=("sector", "size", "kind", "district"),
    amounts=("employees", "revenue"),
    create_by=("applicant", "registrar"),
    handler="root",
    icon="building-2",
    derive=derive,
    saved=keep_name,
)
