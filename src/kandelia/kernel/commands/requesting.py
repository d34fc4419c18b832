"""A wish becomes a command: asked again here whatever a screen asked before, and made a record."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from kandelia.base.clock import from_ns, to_ns
from kandelia.base.errors import Conflict, InvalidInput, KandeliaError
from kandelia.base.ids import new_id
from kandelia.base.quality import Severity, severity
from kandelia.base.samples import Kind, times_ns
from kandelia.base.units import shown_unit
from kandelia.kernel.access.contracts import RIGHTS, Right, Role, Viewer
from kandelia.kernel.access.facade import audit, system_viewer
from kandelia.kernel.access.guards import reach_of, require_at
from kandelia.kernel.commands.logic import values
from kandelia.kernel.commands.records.command import COMMAND, Command
from kandelia.kernel.connections import facade as connections
from kandelia.kernel.connections.contracts import WriteRule
from kandelia.kernel.connections.drivers import Value
from kandelia.kernel.connections.logic.setpoints import check_rate, check_rule, check_step
from kandelia.kernel.connections.orders import VALIDITY_S_MAX
from kandelia.kernel.records import acting, timers, writing
from kandelia.kernel.records.models import Entry
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.signals import queries
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.things import facade as things

VALID_S = 60
VALID_S_MIN = 5
VALID_SECOND_S = 900  # where somebody else must approve first
REASON_LENGTH_MAX = 1_000
KEY_LENGTH_MAX = 200
COUNTED = ("approved", "sent", "confirmed", "differs", "unknown")  # what may have moved the device


@dataclass(frozen=True, slots=True)
class Present:
    """The newest value of a signal, None where it has no good one."""

    value: Value | None = None
    at: datetime | None = None


def request(
    viewer: Viewer,
    number: int,
    value: object,
    reason: str,
    *,
    valid_s: int = 0,
    key: str = "",
    address: str = "",
) -> Command:
    """Make the command. The same `key` again from the same viewer answers the command that was made by it.

    NotAllowed: not the viewer's to do; NotFound: another organisation's signal; InvalidInput: a signal that cannot be
    commanded, value, range, step, reason; Conflict: too soon, one under way, or the key stands for another wish.
    """
    signal = operable(viewer, number)
    wanted = values.said(values.read(value, signal.kind, signal.labels))
    kept = _digest(viewer, key)
    if kept and (before := _before(viewer, kept)) is not None:
        return _again(before, signal, wanted)
    rule, present = check(viewer, signal, wanted, reason, valid_s)
    row = _row(viewer, signal, wanted, reason.strip(), present, valid_s)
    row.key = kept
    return _make(viewer, row, rule, signal, address)


def check(viewer: Viewer, signal: SignalView, wanted: str, reason: str, valid_s: int) -> tuple[WriteRule, Present]:
    """What can be said of a wish before it is made; the errors are those of `request`."""
    value = values.read(wanted, signal.kind, signal.labels)
    rule = check_rule(rule_of(signal), value)
    _check_words(reason, valid_s)
    present = present_value(viewer, signal)
    check_step(rule, value, present.value)
    return rule, present


def operable(viewer: Viewer, number: int) -> SignalView:
    """The signal, where the viewer may operate it: everywhere, at its place, or it alone."""
    reach = reach_of(viewer, Right.OPERATE)
    signal = signals.signal(viewer, number)
    if reach is not None and number not in reach.signals:
        require_at(viewer, Right.OPERATE, signal.machine, things.machine(viewer, signal.machine).line)
    return signal


def rule_of(signal: SignalView) -> WriteRule | None:
    """What may be commanded of a signal; None where nothing may."""
    if not (signal.writable and signal.active and signal.connection and signal.address):
        return None
    return WriteRule(signal.command_low, signal.command_high, signal.step_max, signal.rate_s)


def present_value(viewer: Viewer, signal: SignalView) -> Present:
    """From history; nothing where it cannot be had."""
    try:
        for batch in queries.last(viewer, [signal.number]):
            # a bad or missing one tells no present value
            if batch.num_rows and severity(batch["quality"][0].as_py()) is Severity.GOOD:
                return Present(_value(batch, signal.kind), from_ns(int(times_ns(batch)[0])))
    except KandeliaError:
        pass
    return Present()


def _value(batch: object, kind: Kind) -> Value:
    column = {Kind.FLOAT: "value", Kind.TEXT: "text"}.get(kind, "integer")
    value: Value = batch[column][0].as_py()  # type: ignore[index]
    return bool(value) if kind is Kind.BOOLEAN else value


def _check_words(reason: str, valid_s: int) -> None:
    if not reason.strip():
        raise InvalidInput("no reason is given", "reason", "say why", "missing")
    if len(reason) > REASON_LENGTH_MAX:
        raise InvalidInput("the reason is too long", "reason", f"at most {REASON_LENGTH_MAX} characters", "too-long")
    if valid_s and not VALID_S_MIN <= valid_s <= VALIDITY_S_MAX:
        mend = f"give {VALID_S_MIN} to {VALIDITY_S_MAX} seconds"
        raise InvalidInput(f"{valid_s} s is no validity", "valid_s", mend, "invalid-validity")


def _row(viewer: Viewer, signal: SignalView, wanted: str, reason: str, present: Present, valid_s: int) -> Command:
    connection = connections.connection(viewer, signal.connection)
    valid_s = valid_s or (VALID_SECOND_S if signal.second_person else VALID_S)
    return Command(
        organisation_id=viewer.organisation,
        order=new_id(),
        number=signal.number,
        signal=signal.id,
        machine=signal.machine,
        site=connection.site,
        connection=connection.key,
        connection_revision=connection.revision,
        kind=int(signal.kind),
        unit=shown_unit(signal.unit),
        tolerance=0.5 * 10.0**-signal.decimals if signal.kind is Kind.FLOAT else 0.0,
        old=values.said(present.value),
        old_at=present.at,
        wanted=wanted,
        reason=reason,
        requested_by=viewer.name,
        second_person=signal.second_person,
        expires_at=timezone.now() + timedelta(seconds=valid_s),
    )


def _make(viewer: Viewer, row: Command, rule: WriteRule, signal: SignalView, address: str) -> Command:
    with transaction.atomic():
        Entry.objects.select_for_update().filter(type="signal", title=row.signal, organisation=row.organisation).first()
        if row.key and (before := _before(viewer, row.key)) is not None:  # asked twice at the same moment
            return _again(before, signal, row.wanted)
        _check_others(row, rule)
        row.was_checked = True  # type: ignore[attr-defined]  # asked by the type's check
        writing.add(replace(viewer, role=_at_least(viewer.role)), COMMAND, row)
        details = {"signal": row.signal, "old": row.old, "wanted": row.wanted, "order": row.order}
        audit(viewer, "command.request", f"command/{row.entry_id}", details, address)
        timers.set_due(row.entry)
        Entry.objects.filter(pk=row.entry_id).update(due_at=row.expires_at)
        row.entry.due_at = row.expires_at
        step = COMMAND.life.transition("ask" if signal.second_person else "release")
        acting.take(system_viewer(viewer.organisation), COMMAND, row, step)
    return row


def _at_least(role: Role) -> Role:
    """Who may operate this signal by a grant makes its command as an operator does."""
    return role if Right.OPERATE in RIGHTS[role] else Role.OPERATOR


def _check_others(row: Command, rule: WriteRule) -> None:
    """One at a time for each signal, and not faster than its rate."""
    same = Command.objects.filter(organisation=row.organisation, number=row.number)
    if (other := same.filter(open=True).select_related("entry").first()) is not None:
        what = f"another command to this signal is under way ({other.entry.code})"
        raise Conflict(what, "signal", "wait for its end, or withdraw it", "under-way")
    last = same.filter(entry__state__in=COUNTED).order_by("-entry_id").select_related("entry").first()
    check_rate(rule, to_ns(timezone.now()), to_ns(last.entry.created_at) if last else 0)


def _digest(viewer: Viewer, key: str) -> str:
    if len(key) > KEY_LENGTH_MAX:
        raise InvalidInput("the key is too long", "Idempotency-Key", f"at most {KEY_LENGTH_MAX} characters", "bad-key")
    return hashlib.sha256(f"{viewer.subject}\0{key}".encode()).hexdigest() if key else ""


def _before(viewer: Viewer, kept: str) -> Command | None:
    return Command.objects.filter(organisation=viewer.organisation, key=kept).select_related("entry").first()


def _again(before: Command, signal: SignalView, wanted: str) -> Command:
    if (before.number, before.wanted) != (signal.number, wanted):
        mend = "give each command a key of its own"
        raise Conflict("this key was used for another command", "Idempotency-Key", mend, "key-used")
    return before
