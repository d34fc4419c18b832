"""Money: proposed within bound and budget, noticed, decided by a leader, paid, evaluated, and taken back."""

from decimal import Decimal
from typing import Any

from django.utils import timezone

from kandelia.apps.applications import store
from kandelia.apps.applications.applying import repeats, take_bound
from kandelia.apps.applications.logic.envelope import Envelope
from kandelia.base.errors import Conflict, InvalidInput, NotAllowed
from kandelia.base.text import Said
from kandelia.sdk.record_types import Case, timers, type_of, writing
from kandelia.sdk.records import access

ZERO = Decimal(0)
NOTICE = "notice"


def is_impartial(case: Case) -> None:
    """Nobody handles what belongs to an organisation that they also act for."""
    if store.belongs_to(case.viewer.person, case.entry.organisation_id):
        raise NotAllowed(
            Said("您同时代表申报单位，应当回避", "you also act for the applicant"),
            case.transition.name,
            Said("请由同事办理", "ask a colleague"),
            "own-interest",
        )


def within_bound(case: Case) -> None:
    """What is proposed passes neither the bound, nor what was asked, nor (where the call says so) the budget."""
    row: Any = case.record
    is_impartial(case)
    amount = _amount(case, "proposed")
    _refuse_above(amount, row.bound, "proposed", Said("计算上限", "the upper bound"))
    _refuse_above(amount, row.asked, "proposed", Said("申报金额", "what was asked"))
    call = store.call(row.call_id)
    if call.budget_rule == "refuse":
        _refuse_over(Envelope(call.budget, store.taken(row.call_id, row.entry_id) + amount), "proposed")


def is_scaled(case: Case) -> None:
    """Where the call scales down alike, that is done before the notice."""
    row: Any = case.record
    is_impartial(case)
    call = store.call(row.call_id)
    over = Envelope(call.budget, store.taken(row.call_id)).over
    if call.budget_rule == "pro_rata" and over > 0:
        raise Conflict(
            Said(f"已超出预算 {over:,.2f} 元", f"the budget is passed by {over:,.2f}"),
            "budget",
            Said("请先同比例压减", "scale the amounts down first"),
            "over-budget",
        )


def open_notice(case: Case) -> None:
    """The notice runs as many working days as the call says."""
    row: Any = case.record
    life = type_of("application").life_of(row.entry.process)
    due = timers.set_days(row.entry, life, NOTICE, store.call(row.call_id).objection_days)
    row.notice_from, row.notice_to = timezone.localdate(case.at), timezone.localdate(due)
    row.save(update_fields=["notice_from", "notice_to"])


def extend_notice(case: Case) -> None:
    """After an objection that did not hold, the notice ends as many days later as it stood still."""
    row: Any = case.record
    due = timers.due_of(row.entry, NOTICE)
    row.notice_to = timezone.localdate(due) if due else row.notice_to
    row.save(update_fields=["notice_to"])


def may_decide(case: Case) -> None:
    """Within the bound as it is computed today, and within what the notice told."""
    row: Any = case.record
    is_impartial(case)
    amount = _amount(case, "decided")
    kept = store.latest_computation(row.entry_id)
    if kept is None or not repeats(kept):
        what = Said("重新计算的上限与已存结果不一致", "the engine does not repeat the bound that is kept")
        raise Conflict(what, "bound", Said("请重新计算该申报", "have the application computed again"), "not-repeated")
    call = store.call(row.call_id)
    if store.earlier_awards(row, timezone.localdate().year):
        take_bound(row, call, "decision")
    _refuse_above(amount, row.bound, "decided", Said("计算上限", "the upper bound"))
    _refuse_above(
        amount,
        row.scaled if row.scaled is not None else row.proposed,
        "decided",
        Said("公示金额", "what the notice told"),
    )
    if call.budget_rule != "warn":
        _refuse_over(Envelope(call.budget, store.taken(row.call_id, row.entry_id) + amount), "decided")


def note_decided(case: Case) -> None:
    """The day of the decision."""
    row: Any = case.record
    row.decided_on = timezone.localdate(case.at)
    row.save(update_fields=["decided_on"])


def may_pay(case: Case) -> None:
    """No more than was decided, counting what was paid before; with a voucher and a day."""
    row: Any = case.record
    is_impartial(case)
    amount = _amount(case, "instalment")
    left = (row.decided or ZERO) - store.paid_out(row.entry_id)
    _refuse_above(amount, left, "instalment", Said("决定金额的余额", "what is left of the decided amount"))
    if amount == 0:
        raise InvalidInput(
            Said("未填写拨付金额", "nothing is paid"),
            "instalment",
            Said("请填写金额（元）", "give an amount in yuan"),
            "bad-value",
        )


def note_paid(case: Case) -> None:
    """A payment record, and the sum on the application."""
    row: Any = case.record
    keep_payment(case, "payment", row.instalment, row.paid_on, row.voucher)
    row.paid = store.paid_out(row.entry_id)
    row.save(update_fields=["paid"])


def may_recover(case: Case) -> None:
    """No more than was paid."""
    row: Any = case.record
    is_impartial(case)
    _refuse_above(_amount(case, "recovered"), row.paid or ZERO, "recovered", Said("已拨付金额", "what was paid"))


def note_recovered(case: Case) -> None:
    """A record of what comes back."""
    row: Any = case.record
    keep_payment(case, "recovery", row.recovered, timezone.localdate(case.at), case.reason[:60])


def note_evaluated(case: Case) -> None:
    """The day of the evaluation."""
    row: Any = case.record
    row.evaluated_on = timezone.localdate(case.at)
    row.save(update_fields=["evaluated_on"])


def keep_payment(case: Case, kind: str, amount: Decimal, day: Any, voucher: str) -> None:
    """A record of money that moved; finance confirms it by a second person."""
    row: Any = case.record
    made = store.new(
        "payment",
        application_id=row.entry_id,
        kind=kind,
        amount=amount,
        day=day,
        voucher=voucher,
        account=row.account,
        recorded_by=case.viewer.subject,
        recorded_name=case.viewer.name,
    )
    system = access.system_viewer(row.entry.handler_id)
    writing.add(system, type_of("payment"), made, organisation=row.entry.organisation_id)


def _amount(case: Case, name: str) -> Decimal:
    given = case.given.get(name, getattr(case.record, name))
    if given is None or given < 0:
        raise InvalidInput(
            Said("未填写金额", "no amount is given"),
            name,
            Said("请填写金额（元）", "give an amount in yuan"),
            "missing",
        )
    return Decimal(given)


def _refuse_above(amount: Decimal, limit: Decimal | None, where: str, what: Said) -> None:
    if limit is None:
        raise Conflict(
            Said("尚无计算上限", "no upper bound stands beside it"),
            where,
            Said("请先计算", "have it computed first"),
            "no-bound",
        )
    if amount > limit:
        told = Said(f"{amount:,.2f} 超过{what.zh} {limit:,.2f}", f"{amount:,.2f} is more than {what}, {limit:,.2f}")
        raise InvalidInput(told, where, Said(f"最多可填 {limit:,.2f} 元", f"give at most {limit:,.2f}"), "above")


def _refuse_over(envelope: Envelope, where: str) -> None:
    if envelope.over > 0:
        over = f"{envelope.over:,.2f}"
        told = Said(f"将超出通知预算 {over} 元", f"the budget of the call would be passed by {over}")
        raise InvalidInput(
            told, where, Said("请减少金额，或先增加预算", "give less, or have the budget raised"), "over-budget"
        )
