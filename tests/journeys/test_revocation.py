"""Promise: who loses access is named on the bus once that is committed, so that live sockets close."""

import asyncio

import pytest

from kandelia.base.text import LocalText
from kandelia.engines.memory.bus import MemoryBus
from kandelia.kernel.access import facade
from kandelia.kernel.access.contracts import Role
from kandelia.kernel.access.tickets import REVOKED_SUBJECT
from kandelia.kernel.events import bridge

WAIT_S = 60.0
pytestmark = pytest.mark.django_db


@pytest.fixture
def heard():
    """Payloads that reach whoever listens, as the live process does."""
    payloads: list[str] = []
    ready: asyncio.Queue[str] = asyncio.Queue()

    async def opened() -> MemoryBus:
        bus = MemoryBus()
        subscription = await bus.subscribe(REVOKED_SUBJECT)

        async def listen() -> None:
            async for message in subscription:
                payloads.append(message.data.decode())
                ready.put_nowait(payloads[-1])

        bus.listening = asyncio.create_task(listen())
        return bus

    async def next_one(_: object) -> str:
        return await asyncio.wait_for(ready.get(), WAIT_S)

    bridge.configure(opened)
    yield lambda: bridge.bus_call(next_one, WAIT_S)
    bridge.configure(None)


def test_a_revoked_token_and_a_disabled_person_are_named(heard, django_capture_on_commit_callbacks) -> None:
    facade.add_organisation("main", LocalText(en="Main"))
    system = facade.system_viewer("main")
    person, _ = facade.add_person(system, "li")
    token, _ = facade.create_token(system, "report", Role.VIEWER)
    with django_capture_on_commit_callbacks(execute=True):
        facade.revoke_token(system, token.id)
    assert heard() == f"token:{token.id}"
    with django_capture_on_commit_callbacks(execute=True):
        facade.disable_person(system, "li")
    assert heard() == f"person:{person.id}"
    assert facade.list_people(system)[0].active is False
