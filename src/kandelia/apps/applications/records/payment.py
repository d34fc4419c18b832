"""Payment (拨付记录): money to an applicant or back: recorded by finance, confirmed by a second person."""

from typing import Any

from django.core.validators import MinValueValidator
from django.db import models

from kandelia.apps.applications import store
from kandelia.base.errors import NotAllowed
from kandelia.base.text import LocalText, Said
from kandelia.sdk.record_types import Case, Field, Group, Life, Record, RecordType, Reference, State, Transition

READERS = ("applicant", "administrator", "finance", "leader", "supervisor", "auditor")
KINDS = (("payment", LocalText("拨付", "Payment")), ("recovery", LocalText("收回", "Recovery")))


class Payment(Record):
    """`amount` in yuan; `recorded_by` the subject who recorded it."""

    application = Reference("application")
    kind = models.CharField(max_length=10, default="payment")
    amount = models.DecimalField(max_digits=16, decimal_places=2, validators=[MinValueValidator(0)])
    day = models.DateField()
    voucher = models.CharField(max_length=60, blank=True)
    account = models.CharField(max_length=40, blank=True)
    recorded_by = models.CharField(max_length=80)
    recorded_name = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["day", "entry"], name="payment_day"),
            models.Index(fields=["amount", "entry"], name="payment_amount"),
        ]


def second_person(case: Case) -> None:
    """Whoever recorded a payment does not confirm it."""
    row: Any = case.record
    if row.recorded_by == case.viewer.subject:
        raise NotAllowed(
            Said("此记录由您本人登记", "you recorded this yourself"),
            case.transition.name,
            Said("请由同事办理", "ask a colleague"),
            "four-eyes",
        )


def sum_again(case: Case) -> None:
    """What came back from the bank is not paid."""
    payment: Any = case.record
    row = store.application(payment.application_id)
    row.paid = store.paid_out(row.entry_id)
    row.save(update_fields=["paid"])


PAYMENT = RecordType(
    name="payment",
    label=LocalText("拨付记录", "Payment"),
    plural=LocalText("拨付记录", "Payments"),
    model=Payment,
    life=Life(
        states=(
            State("recorded", LocalText("已登记", "Recorded"), "start"),
            State("confirmed", LocalText("已复核", "Confirmed"), "end", look="good"),
            State("bounced", LocalText("银行退回", "Sent back by the bank"), "end", look="bad"),
        ),
        transitions=(
            Transition(
                "confirm",
                LocalText("复核", "Confirm"),
                ("recorded",),
                "confirmed",
                ("finance",),
                second_person,
                look="main",
            ),
            Transition(
                "bounce",
                LocalText("登记退回", "Record as sent back"),
                ("recorded",),
                "bounced",
                ("finance",),
                effect=sum_again,
                reason=True,
                expected=False,
                look="danger",
            ),
        ),
    ),
    groups=(
        Group(
            LocalText("拨付", "Payment"),
            (
                Field("application", LocalText("申报", "Application"), editable=False),
                Field("kind", LocalText("类别", "Kind"), choices=KINDS, editable=False),
                Field("amount", LocalText("金额", "Amount"), unit="CNY", editable=False),
                Field("day", LocalText("日期", "Day"), editable=False),
                Field("voucher", LocalText("凭证号", "Voucher"), editable=False, weight=3),
                Field(
                    "account",
                    LocalText("收款账号", "Account"),
                    editable=False,
                    personal="account",
                    unmasked_for=("finance", "applicant"),
                ),
                Field("recorded_name", LocalText("登记人", "Recorded by"), editable=False),
            ),
        ),
    ),
    title=("voucher", "application"),
    columns=("application", "kind", "amount", "day", "voucher"),
    sorts=("day", "amount"),
    filters=("kind", "day", "amount"),
    amounts=("amount",),
    read_by=READERS,
    handler="root",
    number="BF-{year}-{serial:05}",
    icon="banknote",
    importable=False,
    remove=False,
)
