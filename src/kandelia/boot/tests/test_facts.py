"""Promise: which process ended, fell silent and came back can be read later, each turn once."""

import asyncio
from dataclasses import replace

import msgspec

from kandelia.base.clock import ManualClock
from kandelia.boot.facts import ANSWERS, ENDED, SILENT, SILENT_S, SOURCE, STARTED, ProcessFacts
from kandelia.engines.memory.bus import MemoryBus
from kandelia.kernel.events.contracts import EVENTS_STREAM, EVENTS_SUBJECTS
from kandelia.kernel.events.logic.cloudevents import CONTENT_TYPE, decode
from kandelia.kernel.events.plane.publishing import CONTENT_HEADER
from kandelia.kernel.events.plane.telling import Teller
from kandelia.kernel.events.report import Process, Report
from kandelia.ports.bus import StreamSpec

RUNNING = Process("history", "running", 7)
DEAD = replace(RUNNING, state="backing-off", pid=0, last_exit="killed by SIGKILL")


def report(role: str) -> bytes:
    return msgspec.json.encode(Report(role, 7, 0, 0))


async def test_each_turn_is_an_event_once() -> None:
    clock, bus = ManualClock(), MemoryBus()
    await bus.ensure_stream(StreamSpec(EVENTS_STREAM, EVENTS_SUBJECTS))
    teller = Teller(bus, SOURCE, clock)
    facts = ProcessFacts(teller, "main", clock)
    facts.review([RUNNING])
    for process in (DEAD, DEAD, replace(DEAD, restarts=1), replace(RUNNING, restarts=2)):
        facts.review([process])
    facts.heard(b"nonsense")
    facts.heard(report("history"))
    facts.review([RUNNING])
    clock.advance(SILENT_S + 1)
    for _ in range(2):
        facts.review([RUNNING])
    facts.heard(report("history"))
    facts.review([RUNNING])
    facts.review([replace(RUNNING, state="stopped")])
    await teller.rest(5)
    messages = [message async for message in bus.replay(EVENTS_STREAM)]
    events = [decode(message.data) for message in messages]
    assert [event.type for event in events] == [ENDED, STARTED, SILENT, ANSWERS]
    assert {(event.organisation, event.subject, event.source) for event in events} == {("main", "history", SOURCE)}
    assert events[0].data == {"how": "killed by SIGKILL"} and events[1].data == {"restarts": 2}
    assert {message.headers[CONTENT_HEADER] for message in messages} == {CONTENT_TYPE}


async def test_what_is_told_while_the_bus_takes_nothing_comes_later_in_order() -> None:
    bus = MemoryBus()
    teller = Teller(bus, SOURCE)
    running = asyncio.create_task(teller.run())
    for number in range(3):
        teller.tell("main", "kandelia.test.told", str(number))
    teller.tell("main", "No Type", "")
    await asyncio.sleep(0)
    await bus.ensure_stream(StreamSpec(EVENTS_STREAM, EVENTS_SUBJECTS))
    async with asyncio.timeout(60):
        while not teller.dropped:
            await asyncio.sleep(0.05)
    running.cancel()
    assert [decode(message.data).subject async for message in bus.replay(EVENTS_STREAM)] == ["0", "1", "2"]
