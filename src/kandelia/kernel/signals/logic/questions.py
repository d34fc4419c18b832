"""Which questions to history make sense, and how the engine is asked."""

import json
from collections.abc import Iterator

import pyarrow as pa

from kandelia.base.errors import InvalidInput, TooMuch
from kandelia.kernel.signals.contracts import QUESTION_SIGNALS_MAX, Ask, Question
from kandelia.ports.history import AGGREGATE_SCHEMA, RAW_SCHEMA, WEIGHTED_SCHEMA, History, Reading, Window
from kandelia.ports.history_rows import TIME_MAX_NS

SECONDS_MAX = 600.0
ROWS_SMALL = 5_000  # at about 100 bytes a row
BUCKETS_MAX = 20_000_000  # of all signals together
NUMBER_MAX = 2**32 - 1


def check_question(question: Question) -> None:
    """InvalidInput or TooMuch where the question itself is wrong; who may ask is not looked at here."""
    if question.ask is Ask.SIZE:
        return
    if not question.signals and question.ask is not Ask.LAST:
        raise _invalid("no signal is asked for", "name at least one")
    if len(question.signals) > QUESTION_SIGNALS_MAX:
        raise TooMuch(
            what=f"{len(question.signals)} signals are asked for",
            mend=f"ask for at most {QUESTION_SIGNALS_MAX} at a time",
            code="too-much-signals",
        )
    if question.signals and not 0 < min(question.signals) <= max(question.signals) <= NUMBER_MAX:
        raise _invalid("a signal number is out of range", f"give numbers from 1 to {NUMBER_MAX}")
    if not 0 < question.seconds_max <= SECONDS_MAX:
        raise _invalid(f"{question.seconds_max} seconds allowed", f"give 0 … {SECONDS_MAX:g}")
    if not 0 <= question.before_ns < TIME_MAX_NS or question.rows_max < 0:
        raise _invalid("a bound lies outside what can be stored", "give instants of 1970 … 2261")
    if question.ask is not Ask.LAST:
        _check_window(question)


def _check_window(question: Question) -> None:
    if not 0 <= question.start_ns <= question.end_ns <= TIME_MAX_NS:
        raise _invalid("the time range is turned around or outside 1970 … 2261", "give start before end")
    if question.ask is Ask.RAW:
        return
    if question.bucket_ns <= 0:
        raise _invalid(f"a step of {question.bucket_ns} ns", "give a positive step")
    buckets = -(-(question.end_ns - question.start_ns) // question.bucket_ns) * len(set(question.signals))
    if buckets > BUCKETS_MAX:
        raise TooMuch(
            what=f"{buckets} buckets are asked for",
            mend="ask for a shorter time, fewer signals or wider buckets",
            code="too-much-rows",
        )


def _invalid(what: str, mend: str) -> InvalidInput:
    return InvalidInput(what=what, mend=mend, code="invalid-question")


def schema_of(question: Question) -> pa.Schema:
    """The schema of the answer."""
    if question.ask is Ask.AGGREGATE:
        return WEIGHTED_SCHEMA if question.weighted else AGGREGATE_SCHEMA
    return RAW_SCHEMA


def may_be_large(question: Question) -> bool:
    """True where the answer may pass ANSWER_BYTES_MAX, so that it streams and may keep its reader long."""
    signals = len(set(question.signals))
    if question.ask is Ask.RAW:
        rows = signals * question.rows_max if question.rows_max else ROWS_SMALL + 1
    elif question.ask in (Ask.AGGREGATE, Ask.AS_OF):
        rows = signals * -(-(question.end_ns - question.start_ns) // question.bucket_ns)
    else:
        rows = signals
    return rows > ROWS_SMALL


def answer(history: History, question: Question, reading: Reading) -> Iterator[pa.RecordBatch]:
    """Ask the engine; blocks, and raises what ports.history.History raises."""
    signals = sorted(set(question.signals))
    window = Window(question.start_ns, question.end_ns)
    if question.ask is Ask.RAW:
        return history.raw(signals, window, reading, rows_max=question.rows_max, newest_first=question.newest_first)
    if question.ask is Ask.AGGREGATE:
        return history.aggregate(signals, window, question.bucket_ns, reading, weighted=question.weighted)
    if question.ask is Ask.AS_OF:
        return history.as_of(signals, window, question.bucket_ns, reading)
    return history.last(signals, reading, before_ns=question.before_ns)


def size_answer(history: History) -> bytes:
    """The answer to Ask.SIZE as JSON: rows, bytes and by retention class [rows, bytes]."""
    size = history.size()
    by_retention = {str(key): list(value) for key, value in sorted(size.by_retention.items())}
    return json.dumps({"rows": size.rows, "bytes": size.bytes, "by_retention": by_retention}).encode()
