"""The active list for everyone else, and derived signals and limits in and out as one readable file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db import transaction
from django.utils import timezone

from kandelia.base.errors import InvalidInput, KandeliaError, NotFound
from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import audit, reach_of, require
from kandelia.kernel.events import bridge
from kandelia.kernel.events import facade as events
from kandelia.kernel.records import writing
from kandelia.kernel.rules.contracts import ACKNOWLEDGED, RULES_ANEW, SOURCE, Anew, Done
from kandelia.kernel.rules.logic.operators import OPERATORS, Operator
from kandelia.kernel.rules.models import Derivation, Limit, Occurrence
from kandelia.kernel.rules.records.derivation import DERIVED
from kandelia.kernel.rules.records.limit import KINDS, LIMIT
from kandelia.kernel.signals import store as signal_store
from kandelia.kernel.signals.plane.wire import ANSWER_HEADER, REFUSAL, error_of
from kandelia.ports.bus import Bus

ROWS_MAX = 2_000
COMMENT_LENGTH_MAX = 500
ANEW_TIMEOUT_S = 120.0
KIND_NAMES: dict[str, LocalText] = dict(KINDS)


@dataclass(frozen=True, slots=True)
class OccurrenceView:
    """Once that a limit was broken. `cleared_at` None: it still is; `acknowledged_at` None: nobody has seen it yet."""

    id: int
    limit: int
    signal: str
    number: int
    machine: str  # MachineView.path
    kind: str
    kind_name: LocalText
    name: LocalText
    level: float
    severity: int
    value: float
    raised_at: datetime
    cleared_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    comment: str = ""


def active(viewer: Viewer, *, machine: str = "", limit: int = ROWS_MAX) -> tuple[OccurrenceView, ...]:
    """What is broken, or was and is not yet acknowledged; the gravest first, then the newest."""
    rows = _within(viewer, Occurrence.objects.filter(organisation_id=viewer.organisation, done=False), Right.SEE)
    if machine:
        rows = rows.filter(signal__startswith=machine.replace("/", ".") + ".")
    return tuple(_view(row) for row in rows.order_by("-severity", "-id")[: max(1, min(limit, ROWS_MAX))])


def past(viewer: Viewer, *, limit: int = 100) -> tuple[OccurrenceView, ...]:
    """What was broken, the newest first."""
    rows = _within(viewer, Occurrence.objects.filter(organisation_id=viewer.organisation), Right.SEE)
    rows = rows.order_by("-raised_at")
    return tuple(_view(row) for row in rows[: max(1, min(limit, ROWS_MAX))])


def unseen(viewer: Viewer) -> int:
    """How many in the active list nobody has acknowledged."""
    rows = Occurrence.objects.filter(organisation_id=viewer.organisation, done=False, acknowledged_at=None)
    return int(_within(viewer, rows, Right.SEE).count())


def _within(viewer: Viewer, rows: Any, right: Right) -> Any:
    """Those whose signals lie where the viewer holds the right; NotAllowed where it holds nowhere."""
    reach = reach_of(viewer, right)
    if reach is None:
        return rows
    numbers = set(rows.values_list("number", flat=True))
    return rows.filter(number__in=signal_store.known(viewer.organisation, numbers, reach))


def acknowledge(viewer: Viewer, ids: Iterable[int], comment: str = "") -> int:
    """Say that these are seen; how many were not yet. NotFound names one that is not the viewer's."""
    if len(comment) > COMMENT_LENGTH_MAX:
        raise InvalidInput("the comment is too long", "comment", f"use {COMMENT_LENGTH_MAX} characters at most", "long")
    wanted = set(ids)
    with transaction.atomic():
        mine = Occurrence.objects.filter(organisation_id=viewer.organisation, id__in=wanted)
        rows = list(_within(viewer, mine, Right.OPERATE))
        missing = wanted - {row.id for row in rows}
        if missing:
            raise NotFound(f"there is no {min(missing)} in the list", "ids", "load the list again", "not-found")
        fresh = [row for row in rows if row.acknowledged_at is None]
        for row in fresh:
            _acknowledge(viewer, row, comment)
    return len(fresh)


def _acknowledge(viewer: Viewer, row: Occurrence, comment: str) -> None:
    row.acknowledged_at, row.acknowledged_by, row.comment = timezone.now(), viewer.name, comment
    row.done = row.cleared_at is not None
    row.save(update_fields=["acknowledged_at", "acknowledged_by", "comment", "done"])
    details = {"limit": row.limit, "occurrence": row.id, "by": viewer.name, "comment": comment}
    events.publish(events.event(viewer.organisation, ACKNOWLEDGED, SOURCE, subject=row.signal, data=details))
    audit(viewer, "limit.acknowledge", row.signal, {"occurrence": row.id, "comment": comment})


def _view(row: Occurrence) -> OccurrenceView:
    return OccurrenceView(
        row.id,
        row.limit,
        row.signal,
        row.number,
        "/".join(row.signal.split(".")[:3]),
        row.kind,
        KIND_NAMES.get(row.kind, LocalText(row.kind, row.kind)),
        LocalText(row.name_zh, row.name_en),
        row.level,
        row.severity,
        row.value,
        row.raised_at,
        row.cleared_at,
        row.acknowledged_at,
        row.acknowledged_by,
        row.comment,
    )


def operators() -> tuple[Operator, ...]:
    """Every operator of an expression."""
    return OPERATORS


def load(viewer: Viewer, document: Mapping[str, Any]) -> dict[str, int]:
    """Derived signals and limits of a readable file; what is there already (by signal, and kind) is changed.

    {"derived": [fields of a derived signal], "limits": [fields of a limit]}; InvalidInput names the entry.
    """
    require(viewer, Right.CONFIGURE)
    count = {"derived": 0, "limits": 0}
    with transaction.atomic():
        for place, values in enumerate(_listed(document, "derived")):
            row = Derivation.objects.filter(
                entry__organisation_id=viewer.organisation, machine=values.get("machine"), key=values.get("key")
            ).first()
            _put(viewer, DERIVED, row, values, f"derived {place + 1}")
            count["derived"] += 1
        for place, values in enumerate(_listed(document, "limits")):
            row = Limit.objects.filter(
                entry__organisation_id=viewer.organisation, signal=values.get("signal"), kind=values.get("kind")
            ).first()
            _put(viewer, LIMIT, row, values, f"limits {place + 1}")
            count["limits"] += 1
    return count


def _listed(document: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = document.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise InvalidInput(f'"{name}" is no list of entries', name, "see docs/do/set-limits.md", "rules-file")
    return found


def _put(viewer: Viewer, declared: Any, row: Any, values: dict[str, Any], where: str) -> None:
    unknown = set(values) - {one.name for one in declared.fields}
    if unknown:
        raise InvalidInput(
            f"there is no {', '.join(sorted(unknown))}", where, "see docs/do/set-limits.md", "rules-file"
        )
    try:
        if row is None:
            writing.create(viewer, declared, values)
        else:
            writing.change(viewer, declared, row.entry_id, values)
    except KandeliaError as error:
        raise type(error)(error.what, f"{where}, {error.where}", error.mend, error.code) from error


def anew(viewer: Viewer, number: int, start_ns: int, end_ns: int) -> int:
    """Evaluate a derived signal over [start, end) again; how many rows differed and were written."""
    require(viewer, Right.CONFIGURE)
    signal_store.one(viewer.organisation, number)
    if not 0 <= start_ns < end_ns:
        raise InvalidInput("the time range is empty", "start, end", "give a start before the end", "invalid-range")
    asked = msgspec.json.encode(Anew(viewer.organisation, number, start_ns, end_ns))

    async def request(bus: Bus) -> Done:
        answer = await bus.request(RULES_ANEW, asked, timeout_s=ANEW_TIMEOUT_S)
        if answer.headers.get(ANSWER_HEADER) == REFUSAL:
            raise error_of(answer.data)
        return msgspec.json.decode(answer.data, type=Done)

    audit(viewer, "derived.anew", str(number), {"start_ns": start_ns, "end_ns": end_ns})
    return bridge.bus_call(request, ANEW_TIMEOUT_S + 5).rows
