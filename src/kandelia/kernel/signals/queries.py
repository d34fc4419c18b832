"""Values and history for everyone else: asked of the history role over the bus, within the viewer's organisation."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import chain

import pyarrow as pa

from kandelia.base.errors import InvalidInput, NotAllowed, NotFound, TooMuch, Unavailable
from kandelia.base.samples import times_ns
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import reach_of
from kandelia.kernel.events import bridge
from kandelia.kernel.signals import lent, store
from kandelia.kernel.signals.contracts import QUESTION_SIGNALS_MAX, TREND_POINTS_MAX, Ask, Question
from kandelia.kernel.signals.plane.asking import ask
from kandelia.ports.bus import Bus

TIME_NS_MAX = 2**63 - 1


def raw(
    viewer: Viewer,
    numbers: Sequence[int],
    start_ns: int,
    end_ns: int,
    *,
    rows_max: int = 0,
    newest_first: bool = False,
) -> Iterator[pa.RecordBatch]:
    """RAW_SCHEMA of [start, end): every row, `rows_max` of each signal where given."""
    start, end = _window(start_ns, end_ns)
    return _asked(
        Question(
            Ask.RAW, part.organisation, part.numbers, first, end, rows_max=max(0, rows_max), newest_first=newest_first
        )
        for part in _parts(viewer, numbers)
        if (first := max(start, part.since_ns)) < end
    )


def trend(
    viewer: Viewer, numbers: Sequence[int], start_ns: int, end_ns: int, points: int, *, weighted: bool = False
) -> Iterator[pa.RecordBatch]:
    """AGGREGATE_SCHEMA (WEIGHTED_SCHEMA) in `points` buckets at most: min and max of each, so spikes stay."""
    if not 1 <= points <= TREND_POINTS_MAX:
        raise InvalidInput(f"{points} points", "points", f"ask for 1 to {TREND_POINTS_MAX}", "invalid-points")
    start, end = _window(start_ns, end_ns)
    return every(viewer, numbers, start, end, trend_bucket_ns(start, end, points), weighted=weighted)


def trend_bucket_ns(start_ns: int, end_ns: int, points: int) -> int:
    """The bucket of a trend: the range over the points, rounded up."""
    return -(-(end_ns - start_ns) // points)


def every(
    viewer: Viewer, numbers: Sequence[int], start_ns: int, end_ns: int, bucket_ns: int, *, weighted: bool = False
) -> Iterator[pa.RecordBatch]:
    """AGGREGATE_SCHEMA (WEIGHTED_SCHEMA) in buckets of a length."""
    start, end = _window(start_ns, end_ns)
    if bucket_ns < 1:
        raise InvalidInput("the bucket has no length", "every", "give a length such as 1m", "invalid-bucket")
    return _asked(
        Question(Ask.AGGREGATE, part.organisation, part.numbers, first, end, bucket_ns, weighted)
        for part in _parts(viewer, numbers)
        if (first := max(start, part.since_ns)) < end
    )


def last(viewer: Viewer, numbers: Sequence[int], *, before_ns: int = 0) -> Iterator[pa.RecordBatch]:
    """RAW_SCHEMA: the newest row of each, before an instant where given."""
    return chain.from_iterable(
        _since(_asked([Question(Ask.LAST, part.organisation, part.numbers, before_ns=before_ns)]), part)
        for part in _parts(viewer, numbers)
    )


def as_of(viewer: Viewer, numbers: Sequence[int], start_ns: int, end_ns: int, step_ns: int) -> Iterator[pa.RecordBatch]:
    """RAW_SCHEMA: for each signal and grid instant the newest row at or before it."""
    start, end = _window(start_ns, end_ns)
    if step_ns < 1:
        raise InvalidInput("the step has no length", "step", "give a length such as 1m", "invalid-bucket")
    return chain.from_iterable(
        _since(_asked([Question(Ask.AS_OF, part.organisation, part.numbers, start, end, step_ns)]), part)
        for part in _parts(viewer, numbers)
    )


def require_export(viewer: Viewer, numbers: Sequence[int]) -> None:
    """NotAllowed where one of the numbers is shared by another organisation that gives no files away."""
    reach = reach_of(viewer, Right.SEE)
    foreign = set(numbers) - (set() if viewer.home else store.known(viewer.organisation, numbers, reach))
    refused = foreign - lent.find(viewer, foreign, export=True).keys()
    for number in sorted(refused & lent.find(viewer, refused).keys()):
        what = f"signal {number} is shared to be looked at, not as files"
        raise NotAllowed(what, "signals", "ask the organisation that shares it", "no-export")


@dataclass(frozen=True, slots=True)
class Part:
    """Numbers of one organisation, asked for together; what is older than `since_ns` is not the viewer's."""

    organisation: str
    numbers: tuple[int, ...]
    since_ns: int = 0


def _parts(viewer: Viewer, numbers: Sequence[int]) -> list[Part]:
    """The numbers by whose they are: one's own first; that others' were looked at is noted for them."""
    wanted = _wanted(numbers)
    reach = reach_of(viewer, Right.SEE)
    own = set() if viewer.home else store.known(viewer.organisation, wanted, reach)
    shared = lent.find(viewer, [number for number in wanted if number not in own])
    for number in wanted:
        if number not in own and number not in shared:
            raise NotFound(f"there is no signal {number}", "signals", "search the list of signals", "not-found")
    lent.note(shared.values())
    groups: dict[tuple[str, int], list[int]] = {}
    for number, one in shared.items():
        groups.setdefault((one.owner.organisation, one.since_ns), []).append(number)
    mine = [Part(viewer.organisation, tuple(number for number in wanted if number in own))] if own else []
    return mine + [Part(owner, tuple(found), since_ns) for (owner, since_ns), found in groups.items()]


def _since(batches: Iterator[pa.RecordBatch], part: Part) -> Iterator[pa.RecordBatch]:
    """Rows that are not older than what is shared."""
    if not part.since_ns:
        return batches
    return (batch.filter(pa.array(times_ns(batch) >= part.since_ns)) for batch in batches)


def _wanted(numbers: Sequence[int]) -> tuple[int, ...]:
    wanted = tuple(dict.fromkeys(numbers))
    if not wanted:
        raise InvalidInput("no signal was asked for", "signals", "name one at least", "no-signals")
    if len(wanted) > QUESTION_SIGNALS_MAX:
        raise TooMuch(f"{len(wanted)} signals", "signals", f"ask for {QUESTION_SIGNALS_MAX} at most", "too-many")
    return wanted


def _window(start_ns: int, end_ns: int) -> tuple[int, int]:
    if not 0 <= start_ns < end_ns <= TIME_NS_MAX:
        mend = "give a start before the end, both from 1970 to 2262"
        raise InvalidInput("the time range is empty or out of bounds", "start, end", mend, "invalid-range")
    return start_ns, end_ns


def _asked(questions: Iterable[Question]) -> Iterator[pa.RecordBatch]:
    return chain.from_iterable([_one(question) for question in questions])


def _one(question: Question) -> Iterator[pa.RecordBatch]:
    return bridge.bus_iterate(lambda bus: _answer(bus, question))


async def _answer(bus: Bus, question: Question) -> AsyncIterator[pa.RecordBatch]:
    """The rights were checked here already: where history refuses them, it has not heard of the signals yet."""
    try:
        async with aclosing(ask(bus, question)) as batches:  # type: ignore[type-var]
            async for batch in batches:
                yield batch
    except NotAllowed as error:
        what = "history has not yet heard of a signal that is asked for"
        raise Unavailable(what, "signals", "try again in a moment; see kandelia status", "not-yet-known") from error
