"""From messages in hand to what is appended and what is set aside, in columns over all messages at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from kandelia.base.samples import SCHEMA
from kandelia.kernel.connections.contracts import organisation_of
from kandelia.kernel.connections.logic.numbers import SignalNumbers
from kandelia.kernel.signals.logic.checking import Reason, Rows, check
from kandelia.kernel.signals.plane.intake import Held
from kandelia.kernel.signals.plane.quarantine import Setting, settings_for_garbage, settings_for_rows
from kandelia.ports.history import STORED_SCHEMA

UNKNOWN_TRIES = 2  # a signal's first samples may overtake the snapshot: its rows get a second look


@dataclass
class Flush:
    """What is appended together, and what becomes of its messages (by position in `held`)."""

    held: Sequence[Held]
    rows: pa.Table
    settings: list[Setting] = field(default_factory=list)
    afflicted: set[int] = field(default_factory=set)  # with rows in `settings`
    unsure: set[int] = field(default_factory=set)  # come again, because signals are not known yet


@dataclass(frozen=True, slots=True)
class Looked:
    """Messages that hold rows, their rows together, and the position in `held` of each row's message."""

    held: Sequence[Held]
    rows: Rows
    place: np.ndarray


def look(held: Sequence[Held], numbers: SignalNumbers) -> Looked:
    """Join the batches and look every row's signal up; quick, so that the look-up cannot change meanwhile."""
    places = [place for place, one in enumerate(held) if one.rows and organisation_of(one.message.subject)]
    batches = [held[place].batch for place in places]
    table = pa.Table.from_batches(batches, schema=SCHEMA).combine_chunks()
    lengths = np.array([held[place].rows for place in places], np.int64)
    known = numbers.look_up(table["signal"].to_numpy())
    writers = [numbers.organisations.find(organisation_of(held[place].message.subject)) for place in places]
    stored = [held[place].message.stored_ns for place in places]
    rows = Rows(
        table,
        writer=np.repeat(np.array(writers, np.int32), lengths),
        owner=known.owner,
        kind=known.kind,
        retention=known.retention,
        replaces=known.replaces,
        stored_ns=np.repeat(np.array(stored, np.int64), lengths),
    )
    return Looked(held, rows, np.repeat(np.array(places, np.int64), lengths))


def prepare(looked: Looked) -> Flush:
    """Check and split; takes its time, so it runs beside the loop."""
    held = looked.held
    checked = check(looked.rows)
    flush = Flush(held, checked.good)
    _set_garbage_aside(flush)
    if len(checked.bad):
        place = looked.place[checked.bad]
        again = _comes_again(held, place, checked.reasons)
        flush.unsure = {int(p) for p in np.unique(place[again])}
        kept = ~np.isin(place, list(flush.unsure)) if flush.unsure else np.ones(len(place), bool)
        _set_rows_aside(flush, looked.rows.table, checked.bad[kept], checked.reasons[kept], place[kept])
    return flush


def _comes_again(held: Sequence[Held], place: np.ndarray, reasons: np.ndarray) -> np.ndarray:
    early = np.array([one.message.deliveries < UNKNOWN_TRIES for one in held])
    again: np.ndarray = (reasons == Reason.UNKNOWN_SIGNAL) & early[place]
    return again


def _set_rows_aside(flush: Flush, table: pa.Table, bad: np.ndarray, reasons: np.ndarray, place: np.ndarray) -> None:
    if not len(bad):
        return
    messages = [one.message for one in flush.held]
    flush.settings += settings_for_rows(table.take(pa.array(bad)), reasons, place, messages)
    flush.afflicted |= {int(p) for p in np.unique(place)}


def _set_garbage_aside(flush: Flush) -> None:
    for place, one in enumerate(flush.held):
        organised = organisation_of(one.message.subject)
        if one.batch is None or (one.rows and not organised):
            reason = Reason.NOT_A_BATCH if one.batch is None else Reason.NO_ORGANISATION
            flush.settings += settings_for_garbage(one.message, reason, one.error)
            flush.afflicted.add(place)


def refused_by_store(held: Sequence[Held]) -> Flush:
    """What to do with messages whose rows the store does not take although they were checked: nothing is appended."""
    flush = Flush(held, STORED_SCHEMA.empty_table())
    for place, one in enumerate(held):
        flush.settings += settings_for_garbage(one.message, Reason.STORE_REFUSED)
        flush.afflicted.add(place)
    return flush
