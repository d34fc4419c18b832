"""Answers questions to history over the bus: bounded, fair among organisations, rights checked again."""

import asyncio
import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import msgspec
import numpy as np

from kandelia.base.clock import Clock
from kandelia.base.errors import InvalidInput, KandeliaError, NotAllowed, TooMuch, Unavailable
from kandelia.kernel.connections.plane.snapshot import Snapshot
from kandelia.kernel.events.plane.listening import keep_listening
from kandelia.kernel.signals.contracts import CHUNK_BYTES_MAX, HISTORY_ASK, HISTORY_CANCEL, Ask, Question
from kandelia.kernel.signals.logic.fairness import FairQueue
from kandelia.kernel.signals.logic.questions import answer, check_question, may_be_large, schema_of, size_answer
from kandelia.kernel.signals.logic.slicing import chunks
from kandelia.kernel.signals.plane.replying import Reply
from kandelia.kernel.signals.plane.wire import ANSWER_HEADER, REFUSAL, refusal_of
from kandelia.ports.bus import Bus, Message
from kandelia.ports.history import History, Reading

GROUP = "history"
WAITING_EACH_MAX = 500  # questions of one organisation
WAITING_MAX = 2_000
SNAPSHOT_WAIT_S = 5.0
log = logging.getLogger("kandelia.history")


@dataclass(eq=False)
class Asked:
    """A question on its way."""

    question: Question
    reply: str
    arrived_s: float
    reading: Reading = field(default_factory=Reading)
    answer: Reply | None = None

    def cancel(self) -> None:
        """Nobody waits for the answer any more."""
        self.reading.cancelled.set()
        if self.answer is not None:
            self.answer.cancel()


class Waiting:
    """Questions in two lanes: those that may stream for long never take the last reader from the quick ones."""

    def __init__(self) -> None:
        self._lanes: dict[bool, FairQueue[Asked]] = {
            large: FairQueue(WAITING_EACH_MAX, WAITING_MAX) for large in (False, True)
        }
        self._news = asyncio.Condition()
        self._large_first = False

    def __len__(self) -> int:
        return sum(len(lane) for lane in self._lanes.values())

    async def put(self, asked: Asked) -> None:
        """TooMuch where too many wait already."""
        async with self._news:
            if not self._lanes[may_be_large(asked.question)].put(asked.question.organisation, asked):
                raise TooMuch(what="too many questions wait already", mend="ask again later", code="busy")
            self._news.notify_all()

    async def take(self, small_only: bool) -> Asked:
        """The next for this reader; lanes take turns where it serves both."""
        async with self._news:
            while True:
                self._large_first = not self._large_first
                for large in (False,) if small_only else (self._large_first, not self._large_first):
                    asked = self._lanes[large].take()
                    if asked is not None:
                        return asked
                await self._news.wait()


class Answering:
    """`run` until cancelled; `cancel_all` before the engine closes."""

    def __init__(
        self, bus: Bus, history: History, snapshot: Snapshot, clock: Clock, *, readers: int, memory_bytes_max: int
    ) -> None:
        self.answered = 0
        self.refused: Counter[str] = Counter()
        self.waiting = Waiting()
        self._bus, self._history, self._snapshot, self._clock = bus, history, snapshot, clock
        self._memory_bytes_max = memory_bytes_max
        self._readers = readers
        self._pool = ThreadPoolExecutor(readers, "history-read")
        self._open: set[Asked] = set()
        self._stopping = False

    async def run(self) -> None:
        """Listen and answer."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(keep_listening(self._bus, HISTORY_ASK, self._hear, group=GROUP))
                tasks.create_task(keep_listening(self._bus, HISTORY_CANCEL, self._hear_cancel))
                for reader in range(self._readers):
                    tasks.create_task(self._serve(small_only=reader == 0 and self._readers > 1))
        finally:
            self.cancel_all()
            self._pool.shutdown(wait=False, cancel_futures=True)

    def cancel_all(self) -> None:
        """End every question, as before leaving."""
        self._stopping = True
        for asked in self._open:
            asked.cancel()

    async def _hear(self, message: Message) -> None:
        if not message.reply:
            return
        try:
            question = _question(message.data)
            check_question(question)
            reading = Reading(seconds_max=question.seconds_max, memory_bytes_max=self._memory_bytes_max)
            asked = Asked(question, message.reply, self._clock.monotonic_s(), reading)
            await self.waiting.put(asked)
        except KandeliaError as error:
            await self._refuse(message.reply, error)
            return
        self._open.add(asked)

    async def _hear_cancel(self, message: Message) -> None:
        name = message.data.decode(errors="replace")
        for asked in self._open:
            if name and asked.question.id == name:
                asked.cancel()

    async def _serve(self, small_only: bool) -> None:
        while True:
            asked = await self.waiting.take(small_only)
            try:
                await self._answer(asked)
            finally:
                self._open.discard(asked)

    async def _answer(self, asked: Asked) -> None:
        try:
            left_s = self._left_s(asked)
            await self._check_rights(asked.question)
            async with Reply(self._bus, asked.reply, asked.reading) as asked.answer:
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._pool, self._read, asked, left_s, asked.answer)
            self.answered += 1
        except Exception as error:
            if not isinstance(error, KandeliaError):
                log.exception("a question failed: %s", asked.question.ask)
            await self._refuse(asked.reply, error)

    def _read(self, asked: Asked, left_s: float, reply: Reply) -> None:
        """In a reader thread."""
        question = asked.question
        if question.ask is Ask.SIZE:
            reply.deliver(iter([size_answer(self._history)]))
            return
        batches = answer(self._history, question, replace(asked.reading, seconds_max=left_s))
        reply.deliver(chunks(schema_of(question), batches, CHUNK_BYTES_MAX))

    def _left_s(self, asked: Asked) -> float:
        if asked.reading.cancelled.is_set() or self._stopping:
            raise Unavailable(what="the question was cancelled", code="cancelled")
        left_s = asked.question.seconds_max - (self._clock.monotonic_s() - asked.arrived_s)
        if left_s <= 0:
            raise Unavailable(what="too many questions were waiting", mend="ask again", code="busy")
        return left_s

    async def _check_rights(self, question: Question) -> None:
        """Says the same of a signal of somebody else and of one that does not exist."""
        if question.ask is Ask.SIZE:
            return
        try:
            await asyncio.wait_for(self._snapshot.ready(), SNAPSHOT_WAIT_S)
        except TimeoutError:
            raise Unavailable(what="the configuration is not known yet", mend="ask again", code="starting") from None
        if not self._snapshot.numbers.owned(question.organisation, np.array(question.signals, np.int64)):
            raise NotAllowed(what="a signal that was asked for is not there for you", code="not-allowed")

    async def _refuse(self, reply: str, error: Exception) -> None:
        refusal = refusal_of(error)
        self.refused[refusal.kind] += 1
        try:
            await self._bus.publish(reply, msgspec.json.encode(refusal), {ANSWER_HEADER: REFUSAL})
        except KandeliaError as failure:
            log.warning("a refusal could not be sent: %s", failure)


def _question(data: bytes) -> Question:
    try:
        return msgspec.json.decode(data, type=Question)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidInput(what=f"not a question: {str(error)[:200]}", code="invalid-question") from error
