"""What may be stored: rows checked by column, converted where nothing is lost, and the rest named with a reason.

Conversions to the signal's kind, all exact: integer, boolean and enumeration to float within ±2^53; a float that is
a whole number within ±2^53 to integer or enumeration; 0 and 1 of any numeric kind to boolean; boolean, integer and
enumeration among one another. Text becomes nothing else, and nothing else becomes text.
Not-a-number and infinity become missing with bad quality: they would poison every average.
"""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kandelia.base.quality import BAD, BAD_NO_DATA
from kandelia.base.samples import SCHEMA, SOURCE_AHEAD_NS_MAX, TEXT_BYTES_MAX, Kind
from kandelia.ports.history import STORED_SCHEMA
from kandelia.ports.history_rows import TIME_MAX_NS

FUTURE_NS_MAX = SOURCE_AHEAD_NS_MAX  # beyond the time the bus took the message
EXACT_MAX = 2**53


class Reason(IntEnum):
    """Why a row cannot be stored; the first that applies is given."""

    NONE = 0
    UNKNOWN_SIGNAL = 1
    FOREIGN_SIGNAL = 2
    TIME_RANGE = 3
    FUTURE = 4
    WRONG_KIND = 5
    TEXT_LENGTH = 6
    NOT_A_BATCH = 7
    NO_ORGANISATION = 8
    STORE_REFUSED = 9

    @property
    def word(self) -> str:
        """As programs and the report write it."""
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows and what is known of each; all arrays have the rows' length.

    `writer` is the organisation that the subject names, as an index into the snapshot's words (−1 unknown there);
    `owner` the signal's, −1 for an unknown signal. `stored_ns` is when the bus took the message.
    """

    table: pa.Table
    writer: np.ndarray
    owner: np.ndarray
    kind: np.ndarray  # of the signal
    retention: np.ndarray
    replaces: np.ndarray
    stored_ns: np.ndarray


@dataclass(frozen=True, slots=True)
class Checked:
    """`good` has STORED_SCHEMA; `bad` are positions among the rows checked, `reasons` one Reason each."""

    good: pa.Table
    bad: np.ndarray
    reasons: np.ndarray


@dataclass(slots=True)
class _Columns:
    """The columns that checking reads and conversion rewrites."""

    kind: np.ndarray
    value: np.ndarray
    integer: np.ndarray
    quality: np.ndarray


def check(rows: Rows) -> Checked:
    """Split rows into those that can be stored, as they will be stored, and those that cannot."""
    table = rows.table
    times = table["time"].cast(pa.int64()).to_numpy()
    columns = _Columns(*(table[name].to_numpy() for name in ("kind", "value", "integer", "quality")))
    reasons = _reasons(rows, times)
    _settle_values(columns)
    fits = _convert(columns, rows.kind)
    _mark(reasons, ~fits, Reason.WRONG_KIND)
    _mark(reasons, _text_too_long(table["text"]), Reason.TEXT_LENGTH)
    stored = _stored(table, columns, _sequences(rows), rows.retention)
    bad = np.flatnonzero(reasons)
    superseded = _superseded(table["signal"].to_numpy(), times, rows, reasons == Reason.NONE)
    if len(bad) or superseded.any():
        stored = stored.filter(pa.array((reasons == Reason.NONE) & ~superseded))
    return Checked(stored, bad, reasons[bad])


def _reasons(rows: Rows, times: np.ndarray) -> np.ndarray:
    reasons = np.zeros(len(times), np.uint8)
    _mark(reasons, rows.owner < 0, Reason.UNKNOWN_SIGNAL)
    _mark(reasons, rows.owner != rows.writer, Reason.FOREIGN_SIGNAL)
    _mark(reasons, (times < 0) | (times >= TIME_MAX_NS), Reason.TIME_RANGE)
    _mark(reasons, times > rows.stored_ns + FUTURE_NS_MAX, Reason.FUTURE)
    return reasons


def _mark(reasons: np.ndarray, where: np.ndarray, reason: Reason) -> None:
    if where.any():
        reasons[where & (reasons == Reason.NONE)] = reason


def _settle_values(columns: _Columns) -> None:
    """Missing rows are never good; what is not finite is missing."""
    unusable = (columns.kind == Kind.FLOAT) & ~np.isfinite(columns.value)
    if unusable.any():
        columns.kind = np.where(unusable, Kind.MISSING, columns.kind).astype(np.uint8)
    praised = (columns.kind == Kind.MISSING) & (columns.quality < BAD)
    if praised.any():
        columns.quality = np.where(praised, BAD_NO_DATA, columns.quality).astype(np.uint16)


def _convert(columns: _Columns, wanted: np.ndarray) -> np.ndarray:
    """Bring rows to the signal's kind in place and empty the columns that the kind does not use; which rows fit."""
    found = columns.kind
    missing = found == Kind.MISSING
    fits: np.ndarray = (found == wanted) | missing
    target = np.where(missing, Kind.MISSING, wanted)
    whole = np.isin(found, (Kind.INTEGER, Kind.BOOLEAN, Kind.ENUMERATION))
    if not fits.all():
        fits |= _become_float(columns, whole & (wanted == Kind.FLOAT))
        codes = np.isin(wanted, (Kind.INTEGER, Kind.BOOLEAN, Kind.ENUMERATION))
        fits |= whole & codes
        fits |= _become_whole(columns, (found == Kind.FLOAT) & codes)
    boolean = target == Kind.BOOLEAN
    if boolean.any():
        fits &= ~boolean | (columns.integer == 0) | (columns.integer == 1)
    columns.kind = target.astype(np.uint8)
    columns.value = _emptied(columns.value, columns.kind == Kind.FLOAT)
    columns.integer = _emptied(columns.integer, ~np.isin(columns.kind, (Kind.MISSING, Kind.FLOAT, Kind.TEXT)))
    return fits


def _become_float(columns: _Columns, where: np.ndarray) -> np.ndarray:
    exact: np.ndarray = where & (columns.integer <= EXACT_MAX) & (columns.integer >= -EXACT_MAX)
    if exact.any():
        columns.value = np.where(exact, columns.integer.astype(np.float64), columns.value)
    return exact


def _become_whole(columns: _Columns, where: np.ndarray) -> np.ndarray:
    inside = np.where(where & (np.abs(columns.value) <= EXACT_MAX), columns.value, 0.5)
    exact: np.ndarray = inside == np.floor(inside)
    if exact.any():
        columns.integer = _put(columns.integer, inside, exact)
    return exact


def _put(integers: np.ndarray, values: np.ndarray, where: np.ndarray) -> np.ndarray:
    """By position, because a detour over float would round the other integers."""
    out = integers.copy()
    out[where] = values[where].astype(np.int64)
    return out


def _emptied(column: np.ndarray, used: np.ndarray) -> np.ndarray:
    return column if used.all() or not column[~used].any() else np.where(used, column, np.zeros(1, column.dtype))


def _text_too_long(text: pa.ChunkedArray) -> np.ndarray:
    lengths = pc.binary_length(text)
    if len(text) == 0 or pc.max(lengths).as_py() <= TEXT_BYTES_MAX:
        return np.zeros(len(text), bool)
    return lengths.to_numpy() > TEXT_BYTES_MAX  # type: ignore[no-any-return]


def _sequences(rows: Rows) -> np.ndarray:
    """0 where clashing values are kept, so that equal rows are one row.

    Where the later replaces the earlier it is the time the bus took the message: the same at every replay, and
    comparable between streams, which number their messages each for itself.
    """
    if not rows.replaces.any():
        return np.zeros(len(rows.replaces), np.uint64)
    return np.where(rows.replaces, rows.stored_ns, 0).astype(np.uint64)


def _superseded(signals: np.ndarray, times: np.ndarray, rows: Rows, good: np.ndarray) -> np.ndarray:
    """Rows that a later row of the same message replaces, which their equal sequence could not tell apart."""
    superseded = np.zeros(len(times), bool)
    places = np.flatnonzero(rows.replaces & good)
    if len(places):
        order = places[np.lexsort((places, rows.stored_ns[places], times[places], signals[places]))]
        here, there = order[:-1], order[1:]
        same = (signals[here] == signals[there]) & (times[here] == times[there])
        superseded[here[same & (rows.stored_ns[here] == rows.stored_ns[there])]] = True
    return superseded


def _stored(table: pa.Table, columns: _Columns, sequences: np.ndarray, retention: np.ndarray) -> pa.Table:
    text = table["text"]
    kinds = columns.kind
    used = kinds == Kind.TEXT
    if not used.all() and pc.max(pc.binary_length(text)).as_py():
        text = pc.if_else(pa.array(used), text, "")
    ready = {
        "kind": pa.array(kinds),
        "value": pa.array(columns.value),
        "integer": pa.array(columns.integer),
        "quality": pa.array(columns.quality),
        "text": text,
        "sequence": pa.array(sequences),
        "retention": pa.array(retention),
    }
    return pa.table(
        [ready.get(name, table[name] if name in SCHEMA.names else None) for name in STORED_SCHEMA.names],
        schema=STORED_SCHEMA,
    )
