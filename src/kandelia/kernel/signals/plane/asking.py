"""Asking history over the bus, from any role; Django-free.

An answer that is cut, doubled or out of order is an error, never a shorter answer.
"""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, suppress
from dataclasses import replace

import msgspec
import pyarrow as pa

from kandelia.base.errors import KandeliaError, Unavailable
from kandelia.base.ids import new_id
from kandelia.kernel.signals.contracts import HISTORY_ASK, HISTORY_CANCEL, Ask, End, Question
from kandelia.kernel.signals.plane.wire import (
    ANSWER_HEADER,
    CHUNK_HEADER,
    CHUNKS,
    END,
    REFUSAL,
    WHOLE,
    Opening,
    error_of,
)
from kandelia.ports.bus import Bus, Message, Subscription
from kandelia.ports.history import HistorySize

ANSWER_MARGIN_S = 3.0  # beyond the question's own seconds
CHUNK_WAIT_S = 30.0
NOBODY_STATUS = "503"  # NATS: no responders


async def ask(bus: Bus, question: Question) -> AsyncIterator[pa.RecordBatch]:
    """Batches of the answer in order; close the iterator to cancel.

    Raises what history refuses with (NotAllowed, TooMuch, InvalidInput, Unavailable), and Unavailable where
    nobody answers in time or the answer is damaged.
    """
    question = question if question.id else replace(question, id=new_id())
    async with aclosing(_parts(bus, question)) as parts:
        schema: pa.Schema | None = None
        async for part in parts:
            schema, batches = _batches(part, schema)
            for batch in batches:
                yield batch


async def ask_size(bus: Bus) -> HistorySize:
    """How much history keeps."""
    question = Question(Ask.SIZE, "", id=new_id())
    async with aclosing(_parts(bus, question)) as parts:
        data = b"".join([part async for part in parts])
    said = msgspec.json.decode(data)
    by_retention = {int(key): (int(rows), int(size)) for key, (rows, size) in said["by_retention"].items()}
    return HistorySize(said["rows"], said["bytes"], by_retention)


async def _parts(bus: Bus, question: Question) -> AsyncGenerator[bytes]:
    """The answer's bytes: all at once, or chunk by chunk."""
    inbox = bus.inbox()
    subscription = await bus.subscribe(inbox)
    finished = False
    try:
        await bus.publish(HISTORY_ASK, msgspec.json.encode(question), reply=inbox)
        messages = aiter(subscription)
        first = await _next(messages, question.seconds_max + ANSWER_MARGIN_S)
        if first.headers.get(ANSWER_HEADER) == WHOLE:
            finished = True
            yield first.data
            return
        async for part in _chunks(bus, messages, _opening(first)):
            yield part
        finished = True
    except KandeliaError as error:
        finished = error.code not in _UNANSWERED
        raise
    finally:
        await _leave(bus, subscription, question.id, finished)


_UNANSWERED = ("no-answer", "damaged-answer")


async def _leave(bus: Bus, subscription: Subscription, name: str, finished: bool) -> None:
    with suppress(KandeliaError):
        if not finished:
            await bus.publish(HISTORY_CANCEL, name.encode())
        await subscription.close()


async def _next(messages: AsyncIterator[Message], wait_s: float) -> Message:
    try:
        message = await asyncio.wait_for(anext(messages), wait_s)
    except TimeoutError:
        raise _no_answer("history did not answer in time") from None
    except StopAsyncIteration:
        raise _no_answer("the link to the bus was closed") from None
    if message.headers.get("Status") == NOBODY_STATUS:
        raise _no_answer("the history role does not run")
    if message.headers.get(ANSWER_HEADER) == REFUSAL:
        raise error_of(message.data)
    return message


def _no_answer(what: str) -> Unavailable:
    return Unavailable(what=what, mend="see what runs: kandelia status", code="no-answer")


def _damaged(what: str) -> Unavailable:
    return Unavailable(what=f"the answer of history is damaged: {what}", mend="ask again", code="damaged-answer")


def _opening(first: Message) -> Opening:
    if first.headers.get(ANSWER_HEADER) != CHUNKS:
        raise _damaged("it does not begin as an answer")
    try:
        return msgspec.json.decode(first.data, type=Opening)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _damaged(str(error)[:200]) from error


async def _chunks(bus: Bus, messages: AsyncIterator[Message], opening: Opening) -> AsyncIterator[bytes]:
    """Each chunk once it has its turn; credit is given when the caller asks for the next."""
    digest = hashlib.sha256()
    expected = 0
    while True:
        message = await _next(messages, CHUNK_WAIT_S)
        if message.headers.get(ANSWER_HEADER) == END:
            _check_end(message.data, expected, digest.hexdigest())
            return
        if message.headers.get(CHUNK_HEADER) != str(expected):
            raise _damaged(f"chunk {expected} is missing")
        digest.update(message.data)
        expected += 1
        yield message.data
        await bus.publish(opening.credit_subject, b"")


def _check_end(data: bytes, chunks: int, digest: str) -> None:
    try:
        end = msgspec.json.decode(data, type=End)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _damaged(str(error)[:200]) from error
    if (end.chunks, end.sha256) != (chunks, digest):
        raise _damaged("count or hash differ")


def _batches(part: bytes, schema: pa.Schema | None) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """Parts are cut between Arrow IPC messages, the first begins with the schema."""
    source = pa.BufferReader(part)
    try:
        if schema is None:
            schema = pa.ipc.read_schema(source)
        return schema, iter(list(_record_batches(source, schema, len(part))))
    except (pa.ArrowException, OSError, EOFError) as error:
        raise _damaged(str(error)[:200]) from error


def _record_batches(source: pa.BufferReader, schema: pa.Schema, size: int) -> Iterator[pa.RecordBatch]:
    while source.tell() < size:
        try:
            message = pa.ipc.read_message(source)
        except EOFError:  # the end-of-stream mark
            return
        yield pa.ipc.read_record_batch(message, schema)
