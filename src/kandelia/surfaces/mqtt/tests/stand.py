"""A listener in this process with a few identities, for tests."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from kandelia.kernel.access.identities import DeviceGrant, default_publish, default_subscribe
from kandelia.kernel.access.logic.token_text import digest
from kandelia.surfaces.mqtt.listener import Listener

EVERYTHING = ("#",)


def grant(name: str, organisation: str = "main", **changes: object) -> DeviceGrant:
    """An identity whose secret is `secret-NAME`."""
    known: dict[str, object] = {"publish": default_publish(name), "subscribe": default_subscribe(name)}
    made = {"id": name.replace(" ", "-"), "digest": digest(f"secret-{name}"), **known, **changes}
    return DeviceGrant(organisation=organisation, name=name, **made)  # type: ignore[arg-type]


@dataclass
class Stand:
    """What a test holds."""

    listener: Listener
    port: int

    def know(self, *grants: DeviceGrant) -> None:
        for one in grants:
            self.listener.identities.put(one.key, one)


@asynccontextmanager
async def stand(directory: Path, port: int = 0) -> AsyncIterator[Stand]:
    """Listens with the identities `all` (everything), `a` and `b` of main, and `all` of `other` as `other`."""
    listener = Listener(directory, digest)
    made = Stand(listener, await listener.open("127.0.0.1", port))
    everything = {"publish": EVERYTHING, "subscribe": EVERYTHING}
    made.know(grant("all", **everything), grant("a"), grant("b"), grant("other", "other", **everything))
    running = asyncio.create_task(listener.run())
    try:
        yield made
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
        await listener.close()
