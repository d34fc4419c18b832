"""Commands for everyone else: asked for, listed, followed, approved and withdrawn, within the viewer's organisation."""

from django.db.models import QuerySet

from kandelia.base.errors import NotAllowed, NotFound
from kandelia.base.pages import PAGE_ROWS, PAGE_ROWS_MAX, Page
from kandelia.base.samples import Kind
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import require
from kandelia.kernel.commands import requesting
from kandelia.kernel.commands.contracts import CommandView
from kandelia.kernel.commands.logic import values
from kandelia.kernel.commands.records.command import COMMAND, Command
from kandelia.kernel.commands.requesting import VALID_S, VALID_SECOND_S
from kandelia.kernel.records import acting
from kandelia.kernel.signals.definitions import SignalView

__all__ = [
    "VALID_S",
    "VALID_SECOND_S",
    "approve",
    "check",
    "command",
    "commands",
    "decline",
    "may_command",
    "request",
    "withdraw",
]


def request(
    viewer: Viewer,
    number: int,
    value: object,
    reason: str,
    *,
    valid_s: int = 0,
    key: str = "",
    address: str = "",
) -> CommandView:
    """Command a signal; see `requesting.request`."""
    return _view(requesting.request(viewer, number, value, reason, valid_s=valid_s, key=key, address=address))


def check(
    viewer: Viewer, number: int, value: object, reason: str, *, valid_s: int = 0
) -> tuple[str, requesting.Present]:
    """(the value as it would be commanded, the present one), or the error that `request` would raise for it."""
    signal = requesting.operable(viewer, number)
    wanted = values.said(values.read(value, signal.kind, signal.labels))
    return wanted, requesting.check(viewer, signal, wanted, reason, valid_s)[1]


def may_command(viewer: Viewer, signal: SignalView) -> bool:
    """Whether a signal may be commanded at all, and by this viewer."""
    if requesting.rule_of(signal) is None:
        return False
    try:
        requesting.operable(viewer, signal.number)
    except NotAllowed:
        return False
    return True


def command(viewer: Viewer, id: int) -> CommandView:
    """One; NotFound also for another organisation's."""
    require(viewer, Right.SEE)
    row = _rows(viewer).filter(entry_id=id).first()
    if row is None:
        raise NotFound(f"there is no command {id}", "command", "see the list of commands", "not-found")
    return _view(row)


def commands(
    viewer: Viewer, *, number: int = 0, state: str = "", after: str = "", limit: int = PAGE_ROWS
) -> Page[CommandView]:
    """The newest first; of one signal or in one state where asked."""
    require(viewer, Right.SEE)
    rows = _rows(viewer).order_by("-entry_id")
    rows = rows.filter(number=number) if number else rows
    rows = rows.filter(entry__state=state) if state else rows
    rows = rows.filter(entry_id__lt=int(after)) if after.isascii() and after.isdigit() else rows
    limit = max(1, min(limit, PAGE_ROWS_MAX))
    found = list(rows[: limit + 1])
    return Page(tuple(_view(row) for row in found[:limit]), str(found[limit - 1].pk) if len(found) > limit else "")


def approve(viewer: Viewer, id: int) -> CommandView:
    """As the second person; NotAllowed for who asked for it."""
    return _act(viewer, id, "approve")


def decline(viewer: Viewer, id: int, reason: str) -> CommandView:
    """As the second person."""
    return _act(viewer, id, "decline", reason)


def withdraw(viewer: Viewer, id: int, reason: str = "") -> CommandView:
    """Before an edge has taken it; Conflict afterwards."""
    return _act(viewer, id, "withdraw", reason)


def _act(viewer: Viewer, id: int, step: str, reason: str = "") -> CommandView:
    require(viewer, Right.OPERATE)
    return _view(acting.act(viewer, COMMAND, id, step, reason=reason))


def _rows(viewer: Viewer) -> QuerySet[Command]:
    return Command.objects.filter(organisation=viewer.organisation).select_related("entry")


def _view(row: Command) -> CommandView:
    entry = row.entry
    state = COMMAND.life_of(entry.process).state(entry.state)
    return CommandView(
        id=entry.pk,
        code=entry.code,
        order=row.order,
        signal=row.signal,
        number=row.number,
        machine=row.machine,
        kind=Kind(row.kind),
        unit=row.unit,
        state=entry.state,
        state_label=state.label,
        over=state.kind == "end",
        wanted=row.wanted,
        old=row.old,
        read_back=row.read_back,
        reason=row.reason,
        requested_by=row.requested_by,
        second_person=row.second_person,
        created_at=entry.created_at,
        expires_at=row.expires_at,
        taken_at=row.taken_at,
        outcome=row.outcome,
        outcome_code=row.outcome_code,
    )
