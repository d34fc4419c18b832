"""Promise: an answer of history is whole or an error, nobody sees another's signals, and no asker harms the next."""

import asyncio
from contextlib import aclosing
from dataclasses import replace

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from kandelia.base.errors import InvalidInput, NotAllowed, TooMuch, Unavailable
from kandelia.base.samples import Kind, make_batch
from kandelia.engines.nats.bus import NatsBus
from kandelia.kernel.signals.contracts import (
    CHUNK_BYTES_MAX,
    CHUNKS_OUTSTANDING_MAX,
    HISTORY_ASK,
    QUESTION_SIGNALS_MAX,
    Ask,
    End,
    Question,
)
from kandelia.kernel.signals.plane import replying
from kandelia.kernel.signals.plane.asking import ask, ask_size
from kandelia.kernel.signals.plane.wire import ANSWER_HEADER, CHUNK_HEADER, Opening
from kandelia.ports.history import AGGREGATE_SCHEMA, RAW_SCHEMA, WEIGHTED_SCHEMA
from kandelia.ports.history_rows import TIME_MAX_NS
from tests.history.stand import SECOND, T0, Stand, collect, configure, document, refusal, until, walk

ROWS = 150_000
BIG = Question(Ask.RAW, "red", (3,), 0, TIME_MAX_NS)


@pytest.fixture
async def told(stand: Stand) -> Stand:
    """Some rows of one signal, many of another, and one of somebody else."""
    await stand.send("red", walk(1, 100))
    for start in range(0, ROWS, ROWS // 3):
        await stand.send("red", walk(3, ROWS).slice(start, ROWS // 3))
    await stand.send("blue", walk(201, 10))
    await stand.drained()
    return stand


async def test_small_answers_of_every_kind(told: Stand, bus: NatsBus) -> None:
    window = {"start_ns": T0, "end_ns": T0 + 100 * SECOND}
    raw = await collect(ask(bus, Question(Ask.RAW, "red", (1,), **window)))
    assert raw.schema == RAW_SCHEMA
    assert raw["value"].to_pylist() == walk(1, 100).column("value").to_pylist()
    trend = Question(Ask.AGGREGATE, "red", (1,), **window, bucket_ns=10 * SECOND)
    assert (await collect(ask(bus, trend))).schema == AGGREGATE_SCHEMA
    weighted = await collect(ask(bus, replace(trend, weighted=True)))
    assert weighted.schema == WEIGHTED_SCHEMA
    assert weighted["count"].to_pylist() == [10] * 10
    last = await collect(ask(bus, Question(Ask.LAST, "red", (1, 3))))
    assert last["signal"].to_pylist() == [1, 3]
    aligned = await collect(ask(bus, Question(Ask.AS_OF, "red", (1,), **window, bucket_ns=SECOND)))
    assert aligned.num_rows == 100


async def test_size_is_told(told: Stand, bus: NatsBus) -> None:
    size = await ask_size(bus)
    assert size.rows == ROWS + 110
    assert size.by_retention[0][0] == size.rows


async def test_an_answer_without_rows(stand: Stand, bus: NatsBus) -> None:
    assert await collect(ask(bus, BIG)) == pa.table({})


async def test_a_large_answer_is_complete_and_in_order(told: Stand, bus: NatsBus) -> None:
    rows = await collect(ask(bus, BIG))
    assert rows.num_rows == ROWS
    assert rows["value"].to_pylist() == walk(3, ROWS).column("value").to_pylist()


async def test_a_slow_reader_is_never_overrun(told: Stand, bus: NatsBus) -> None:
    """Speaks the protocol by hand: at most the stated number of chunks is under way without credit."""
    inbox = bus.inbox()
    subscription = await bus.subscribe(inbox)
    await bus.publish(HISTORY_ASK, msgspec.json.encode(BIG), reply=inbox)
    messages = aiter(subscription)
    first = await asyncio.wait_for(anext(messages), 60)
    assert first.headers[ANSWER_HEADER] == "chunks"
    opening = msgspec.json.decode(first.data, type=Opening)
    for number in range(CHUNKS_OUTSTANDING_MAX):
        chunk = await asyncio.wait_for(anext(messages), 60)
        assert chunk.headers[CHUNK_HEADER] == str(number)
        assert len(chunk.data) <= CHUNK_BYTES_MAX
    waiting = asyncio.ensure_future(anext(messages))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await bus.publish(opening.credit_subject, b"")
    assert (await asyncio.wait_for(waiting, 60)).headers[CHUNK_HEADER] == str(CHUNKS_OUTSTANDING_MAX)
    await bus.publish(opening.cancel_subject, b"")
    refused = await asyncio.wait_for(anext(messages), 60)
    assert refused.headers[ANSWER_HEADER] == "refusal"
    await subscription.close()


async def test_an_asker_that_takes_nothing_is_left(told: Stand, bus: NatsBus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replying, "CREDIT_WAIT_S", 0.3)
    answers = ask(bus, BIG)
    await anext(answers)
    await asyncio.sleep(1.0)
    error = await refusal(answers)
    assert isinstance(error, Unavailable)
    assert error.code == "slow-asker"


async def test_leaving_early_frees_the_reader(told: Stand, bus: NatsBus) -> None:
    for _ in range(12):  # more than there are readers
        async with aclosing(ask(bus, BIG)) as answers:
            async for _batch in answers:
                break
    assert (await collect(ask(bus, replace(BIG, signals=(1,))))).num_rows == 100
    await until(lambda: not told.answering._open)


async def test_strangers_are_refused_alike(told: Stand, bus: NatsBus) -> None:
    said = []
    for organisation, signals in (("red", (1, 201)), ("red", (1, 99_999)), ("nobody", (1,)), ("blue", (1,))):
        for kind in (Ask.RAW, Ask.LAST, Ask.AGGREGATE, Ask.AS_OF):
            question = Question(kind, organisation, signals, 0, T0 * 2, bucket_ns=T0)
            error = await refusal(ask(bus, question))
            assert isinstance(error, NotAllowed)
            said.append(str(error))
    assert len(set(said)) == 1


async def test_foolish_questions_are_refused(told: Stand, bus: NatsBus) -> None:
    foolish = [
        Question(Ask.RAW, "red", ()),
        Question(Ask.RAW, "red", (1,), 10, 5),
        Question(Ask.RAW, "red", (1,), 0, 2**63),
        Question(Ask.AGGREGATE, "red", (1,), 0, 100, bucket_ns=0),
        Question(Ask.RAW, "red", (1,), 0, 100, seconds_max=-1),
        Question(Ask.LAST, "red", (-1,)),
        Question(Ask.LAST, "red", (1 - 1_024,)),
        Question(Ask.LAST, "red", (2**32 + 1,)),
    ]
    for question in foolish:
        assert isinstance(await refusal(ask(bus, question)), InvalidInput | NotAllowed), question
    many = Question(Ask.RAW, "red", tuple(range(QUESTION_SIGNALS_MAX + 1)), 0, 100)
    assert isinstance(await refusal(ask(bus, many)), TooMuch)
    buckets = Question(Ask.AGGREGATE, "red", (1,), 0, T0, bucket_ns=1)
    assert isinstance(await refusal(ask(bus, buckets)), TooMuch)
    for data in (b"", b"\xff\xfe", b"[]", b'{"ask":"drop"}'):
        answer = await bus.request(HISTORY_ASK, data)
        assert answer.headers[ANSWER_HEADER] == "refusal"


async def test_a_failed_question_shows_in_no_other(told: Stand, bus: NatsBus) -> None:
    bad = replace(BIG, ask=Ask.AGGREGATE, bucket_ns=T0, seconds_max=1e-9)
    good = Question(Ask.RAW, "blue", (201,), 0, TIME_MAX_NS)
    for _ in range(5):
        error, rows = await asyncio.gather(refusal(ask(bus, bad)), collect(ask(bus, good)))
        assert isinstance(error, TooMuch | Unavailable)
        assert rows["signal"].unique().to_pylist() == [201]
        assert rows.num_rows == 10


async def test_two_hundred_at_once(told: Stand, bus: NatsBus) -> None:
    questions = [
        Question(Ask.RAW, org, (n,), 0, TIME_MAX_NS, rows_max=7) for org, n in [("red", 1), ("blue", 201)] * 100
    ]
    answers = await asyncio.gather(*(collect(ask(bus, question)) for question in questions))
    for question, rows in zip(questions, answers, strict=True):
        assert rows["signal"].to_pylist() == list(question.signals) * 7


async def test_large_answers_leave_a_reader_for_small_ones(told: Stand, bus: NatsBus) -> None:
    held = [ask(bus, BIG) for _ in range(6)]
    firsts = [asyncio.ensure_future(anext(one)) for one in held]
    await asyncio.sleep(0.5)
    rows = await asyncio.wait_for(collect(ask(bus, Question(Ask.LAST, "blue", (201,)))), 60)
    assert rows.num_rows == 1
    for first in firsts:
        first.cancel()
    await asyncio.gather(*firsts, return_exceptions=True)
    for one in held:
        await one.aclose()  # type: ignore[attr-defined]


async def test_nobody_answers(bus: NatsBus) -> None:
    error = await asyncio.wait_for(refusal(ask(bus, replace(BIG, seconds_max=1.0))), 60)
    assert isinstance(error, Unavailable)


@pytest.mark.parametrize("damage", ["lost", "swapped", "cut", "wrong hash", "wrong count"])
async def test_a_damaged_answer_is_an_error(bus: NatsBus, damage: str) -> None:
    """An answerer that loses, swaps or cuts chunks is found out."""
    asked = await bus.subscribe(HISTORY_ASK)
    asking = asyncio.ensure_future(refusal(ask(bus, BIG)))
    message = await asyncio.wait_for(anext(aiter(asked)), 60)
    opening = Opening("x", bus.inbox(), bus.inbox())
    await bus.publish(message.reply, msgspec.json.encode(opening), {ANSWER_HEADER: "chunks"})
    head = RAW_SCHEMA.serialize().to_pybytes()
    numbers = {"lost": ["1"], "swapped": ["1", "0"]}.get(damage, ["0"])
    for number in numbers:
        data = head[:50] if damage == "cut" else head
        await bus.publish(message.reply, data, {CHUNK_HEADER: number})
    end = End(2 if damage == "wrong count" else 1, "0" * 64)
    await bus.publish(message.reply, msgspec.json.encode(end), {ANSWER_HEADER: "end"})
    error = await asyncio.wait_for(asking, 60)
    assert isinstance(error, Unavailable)
    assert error.code == "damaged-answer"


async def test_text_rows_cross_in_chunks(stand: Stand, bus: NatsBus) -> None:
    await configure(bus, document("red", [60], Kind.TEXT, id="texts"))
    await until(lambda: stand.snapshot.numbers.connection_of(60))
    texts = ["é" * 1_900 + str(n) for n in range(900)]
    await stand.send("red", make_batch(60, T0 + np.arange(900), kind=Kind.TEXT, text=texts))
    await stand.drained()
    rows = await collect(ask(bus, Question(Ask.RAW, "red", (60,), 0, TIME_MAX_NS)))
    assert rows["text"].to_pylist() == texts
