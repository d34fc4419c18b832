"""Promise: what happens to a connection can be read later: each loss and each recovery once, in order."""

import asyncio
from pathlib import Path

from kandelia.base.errors import InvalidInput, Unavailable
from kandelia.kernel.connections.contracts import State
from kandelia.kernel.connections.plane.facts import ESTABLISHED, LOST, REFUSED
from kandelia.kernel.events.contracts import EVENTS_STREAM, EVENTS_SUBJECTS, Event
from kandelia.kernel.events.plane.publishing import replay_async
from kandelia.ports.bus import Bus, StreamSpec
from tests.edge.rig import document, memory_rig
from tests.edge.scripted import ScriptedDriver


async def told(bus: Bus, kinds: list[str]) -> list[Event]:
    """The organisation's events once they are of these types."""
    async with asyncio.timeout(60):
        while True:
            found = [event async for _, event in replay_async(bus, "main", 0, 100)]
            if [event.type for event in found] == kinds:
                return found
            await asyncio.sleep(0.05)


async def test_losses_and_recoveries_are_events(tmp_path: Path) -> None:
    driver = ScriptedDriver()
    async with memory_rig(tmp_path, drivers={"scripted": driver}) as rig, rig.states() as states:
        await rig.put(document("scripted", ["a"]))
        rig.start()
        session = await driver.session()
        await states.enter(State.RUNNING)
        driver.acts["open"] = Unavailable("still away")
        session.gone.set_result("the cable is cut")
        await states.enter(State.BACKING_OFF)
        await asyncio.sleep(1.2)  # some attempts fail meanwhile
        await rig.bus.ensure_stream(StreamSpec(EVENTS_STREAM, EVENTS_SUBJECTS))  # what was told before it is not lost
        driver.acts.clear()
        await states.enter(State.RUNNING)
        found = await told(rig.bus, [ESTABLISHED, LOST, ESTABLISHED])
        assert found[1].data["error"] == "the cable is cut" and {event.subject for event in found} == {"line1"}
        assert found[0].time_ns < found[1].time_ns < found[2].time_ns
        driver.acts["open"] = InvalidInput("this can never work")
        (await driver.session()).gone.set_result("again")
        await told(rig.bus, [ESTABLISHED, LOST, ESTABLISHED, LOST, REFUSED])
