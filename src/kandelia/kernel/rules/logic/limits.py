"""Limits on signals: when one is raised and cleared, by source time, over the rows of a message at once.

A value stands until the next one (steps). A limit is raised once what breaks it has stood for the on-delay, cleared
once the value has been back behind the dead band for the off-delay; both instants follow from the rows alone, so rows
that come again give the same ones. Terms after OPC 10000-9, 5.8 (limit alarms).
"""

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

NEVER = -1


class LimitKind(StrEnum):
    """What is compared: the value, how fast it changes (a second), or how long nothing usable came (seconds)."""

    HIGH_HIGH = "high-high"
    HIGH = "high"
    LOW = "low"
    LOW_LOW = "low-low"
    RATE = "rate"
    STALE = "stale"


UPPER = (LimitKind.HIGH_HIGH, LimitKind.HIGH, LimitKind.RATE)


@dataclass(frozen=True, slots=True)
class LimitEntry:
    """A limit as the data plane needs it; delays in ns, `severity` 1 to 1000 (OPC 10000-5, 6.4.2)."""

    id: int
    number: int
    signal: str
    kind: LimitKind
    level: float
    dead_band: float = 0.0
    on_delay_ns: int = 0
    off_delay_ns: int = 0
    severity: int = 500
    name_zh: str = ""
    name_en: str = ""


@dataclass(frozen=True, slots=True)
class LimitState:
    """Where a limit stands; kept over restarts.

    `at_ns` is the last change, `seen_ns` the newest row that counted, `pending_ns` since when the opposite of what it
    is has stood (NEVER: it does not), `value` the one before the newest row's end (for the rate).
    """

    active: bool = False
    at_ns: int = NEVER
    seen_ns: int = NEVER
    pending_ns: int = NEVER
    value: float = 0.0
    pending_value: float = 0.0


@dataclass(frozen=True, slots=True)
class Change:
    """A limit was raised or cleared at an instant, with the value that did it."""

    limit: LimitEntry
    raised: bool
    at_ns: int
    value: float
    why: str = ""


class Watch:
    """All limits of one organisation with their states. Quiet limits live in columns; only what may change is looked
    at one by one."""

    def __init__(self) -> None:
        self.limits: tuple[LimitEntry, ...] = ()
        self.states: dict[int, LimitState] = {}  # of those that are or were active, or have something pending
        self._columns = _Columns.of(())

    def define(self, limits: tuple[LimitEntry, ...], now_ns: int) -> list[Change]:
        """From now on these; an active one that is gone, or has another signal or kind, is cleared."""
        fresh = {one.id: one for one in limits}
        changes = []
        for before in self.limits:
            after = fresh.get(before.id)
            if after is None or (after.number, after.kind) != (before.number, before.kind):
                state = self.states.pop(before.id, LimitState())
                if state.active:
                    changes.append(Change(before, False, max(now_ns, state.at_ns + 1), state.pending_value, "removed"))
        columns = _Columns.of(limits)
        columns.keep(self._columns)
        self.limits, self._columns = limits, columns
        self.states = {id: state for id, state in self.states.items() if id in fresh}
        return changes

    @property
    def active(self) -> int:
        """How many are active."""
        return sum(state.active for state in self.states.values())

    def take(self, numbers: np.ndarray, times: np.ndarray, values: np.ndarray) -> list[Change]:
        """Usable rows of any signals, by signal and time: every change that follows from them."""
        columns = self._columns
        if not len(numbers) or not len(self.limits):
            return []
        starts = np.flatnonzero(np.append(True, numbers[1:] != numbers[:-1]))
        ends = np.append(starts[1:], len(numbers))
        group = np.searchsorted(numbers[starts], columns.number)
        met = np.flatnonzero(
            (group < len(starts)) & (numbers[starts][np.minimum(group, len(starts) - 1)] == columns.number)
        )
        high, low = np.maximum.reduceat(values, starts)[group[met]], np.minimum.reduceat(values, starts)[group[met]]
        broken = np.where(columns.upper[met], high > columns.level[met], low < columns.level[met])
        changes: list[Change] = []
        for place in met[broken | columns.busy[met]]:
            rows = slice(int(starts[group[place]]), int(ends[group[place]]))
            changes += self._take(int(place), times[rows], values[rows])
        newest = ends[group[met]] - 1
        later = times[newest] > columns.seen[met]
        columns.seen[met[later]], columns.value[met[later]] = times[newest[later]], values[newest[later]]
        return changes

    def _take(self, place: int, times: np.ndarray, values: np.ndarray) -> list[Change]:
        limit, state = self.limits[place], self._state(place)
        first = int(np.searchsorted(times, max(state.seen_ns, state.at_ns), "right"))
        times, values = times[first:], values[first:]
        if not len(times):
            return []
        if limit.kind is LimitKind.STALE:
            changes, state = _heard(limit, state, int(times[0]), float(values[0]))
        else:
            compared = _rates(state, times, values) if limit.kind is LimitKind.RATE else values
            changes, state = follow(limit, state, times, compared)
        self._set(place, state)
        return changes

    def _state(self, place: int) -> LimitState:
        columns, state = self._columns, self.states.get(self.limits[place].id, LimitState())
        return replace(state, seen_ns=int(columns.seen[place]), value=float(columns.value[place]))

    def _set(self, place: int, state: LimitState) -> None:
        limit = self.limits[place]
        if state.active or state.pending_ns != NEVER or state.at_ns != NEVER:
            self.states[limit.id] = replace(state, seen_ns=NEVER, value=0.0)
        else:
            self.states.pop(limit.id, None)
        self._columns.busy[place] = state.active or state.pending_ns != NEVER or limit.kind is LimitKind.RATE

    def restore(self, states: dict[int, LimitState]) -> None:
        """What was kept of an earlier run, for the limits that there are."""
        for place, limit in enumerate(self.limits):
            if limit.id in states:
                self._set(place, states[limit.id])

    def tick(self, now_ns: int) -> list[Change]:
        """What follows from time passing alone: delays that are over, signals that fell silent."""
        columns = self._columns
        never = columns.seen == NEVER
        columns.seen[columns.stale & never] = now_ns
        silent = columns.stale & (now_ns - columns.seen >= columns.silence_ns)
        changes = []
        for place in np.flatnonzero(silent | (columns.busy & ~columns.stale)):
            limit, state = self.limits[place], self._state(int(place))
            change = _silent(limit, state, now_ns) if limit.kind is LimitKind.STALE else _due(limit, state, now_ns)
            if change is not None:
                self._set(int(place), _changed(state, change))
                changes.append(change)
        return changes


@dataclass
class _Columns:
    """One place for each limit."""

    ids: np.ndarray
    number: np.ndarray
    level: np.ndarray
    upper: np.ndarray
    stale: np.ndarray
    silence_ns: np.ndarray
    busy: np.ndarray
    seen: np.ndarray
    value: np.ndarray

    @classmethod
    def of(cls, limits: tuple[LimitEntry, ...]) -> "_Columns":
        """Nothing seen yet."""
        stale = np.array([one.kind is LimitKind.STALE for one in limits], bool)
        silence = [int(one.level * 1e9) + one.on_delay_ns if one.kind is LimitKind.STALE else 0 for one in limits]
        return cls(
            ids=np.array([one.id for one in limits], np.int64),
            number=np.array([one.number for one in limits], np.int64),
            level=np.array([np.inf if one.kind is LimitKind.STALE else one.level for one in limits], np.float64),
            upper=np.array([one.kind in (*UPPER, LimitKind.STALE) for one in limits], bool),
            stale=stale,
            silence_ns=np.array(silence, np.int64),
            busy=np.array([one.kind is LimitKind.RATE for one in limits], bool),
            seen=np.full(len(limits), NEVER, np.int64),
            value=np.zeros(len(limits)),
        )

    def keep(self, before: "_Columns") -> None:
        """What was seen by limits that stay as they were."""
        places = {
            (int(id), int(number)): place
            for place, (id, number) in enumerate(zip(before.ids, before.number, strict=True))
        }
        for place, (id, number) in enumerate(zip(self.ids, self.number, strict=True)):
            old = places.get((int(id), int(number)))
            if old is not None:
                self.seen[place], self.value[place] = before.seen[old], before.value[old]
                self.busy[place] |= before.busy[old]


def follow(
    limit: LimitEntry, state: LimitState, times: np.ndarray, values: np.ndarray
) -> tuple[list[Change], LimitState]:
    """Every change within rows in time order (later than all before); a turn of the loop for each run, not row."""
    over, under = _sides(limit, values)
    changes: list[Change] = []
    place = 0
    while place < len(times):
        wanted, delay_ns = (under, limit.off_delay_ns) if state.active else (over, limit.on_delay_ns)
        if state.pending_ns == NEVER:
            place += int(np.argmax(wanted[place:]))
            if not wanted[place]:
                break
            state = replace(state, pending_ns=int(times[place]), pending_value=float(values[place]))
        end = _run_end(wanted, place)
        due_ns = state.pending_ns + delay_ns
        if int(times[min(end, len(times) - 1)]) < due_ns:  # has not stood long enough, or not yet
            if end < len(times):
                state = replace(state, pending_ns=NEVER)
            place = end
            continue
        change = Change(limit, not state.active, due_ns, state.pending_value)
        changes.append(change)
        state = _changed(state, change)
        place = min(int(np.searchsorted(times, due_ns, "right")), end)
    return changes, state


def _run_end(wanted: np.ndarray, place: int) -> int:
    """The first row from `place` that is not wanted, else the end."""
    found = int(np.argmin(wanted[place:])) + place
    return found if not wanted[found] else len(wanted)


def _sides(limit: LimitEntry, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the limit is broken, and where the value is back behind the dead band."""
    if limit.kind in UPPER:
        return values > limit.level, values <= limit.level - limit.dead_band
    return values < limit.level, values >= limit.level + limit.dead_band


def _changed(state: LimitState, change: Change) -> LimitState:
    return replace(state, active=change.raised, at_ns=change.at_ns, pending_ns=NEVER)


def _due(limit: LimitEntry, state: LimitState, now_ns: int) -> Change | None:
    delay_ns = limit.off_delay_ns if state.active else limit.on_delay_ns
    if state.pending_ns == NEVER or now_ns < state.pending_ns + delay_ns:
        return None
    return Change(limit, not state.active, state.pending_ns + delay_ns, state.pending_value)


def _silent(limit: LimitEntry, state: LimitState, now_ns: int) -> Change | None:
    silent_ns = int(limit.level * 1e9) + limit.on_delay_ns
    if state.active or now_ns < state.seen_ns + silent_ns:
        return None
    return Change(limit, True, state.seen_ns + silent_ns, (now_ns - state.seen_ns) / 1e9)


def _heard(limit: LimitEntry, state: LimitState, at_ns: int, value: float) -> tuple[list[Change], LimitState]:
    if not state.active:
        return [], state
    change = Change(limit, False, at_ns, value)
    return [change], _changed(state, change)


def _rates(state: LimitState, times: np.ndarray, values: np.ndarray) -> np.ndarray:
    """How fast each row has changed from the one before, a second, without sign; 0 for the very first."""
    known = state.seen_ns != NEVER
    before_times = np.concatenate([[state.seen_ns if known else times[0] - 1], times[:-1]])
    before = np.concatenate([[state.value if known else values[0]], values[:-1]])
    rates: np.ndarray = np.abs(values - before) / ((times - before_times) / 1e9)
    return rates
