"""When devices were last at the listener, as it has written to the bus."""

import asyncio
from collections.abc import Iterable

import msgspec

from kandelia.kernel.access.identities import SEEN_BUCKET, Seen, decode_seen
from kandelia.kernel.events.bridge import bus_call
from kandelia.ports.bus import Bus

WAIT_S = 3.0


def seen_of(organisation: str, ids: Iterable[str]) -> dict[str, Seen]:
    """By the id of the device, those that were ever there; Unavailable while the bus is away."""
    wanted = list(ids)

    async def ask(bus: Bus) -> dict[str, Seen]:
        bucket = await bus.key_value(SEEN_BUCKET)
        entries = await asyncio.gather(*(bucket.get(f"{organisation}.{id}") for id in wanted))
        return {
            id: seen
            for id, entry in zip(wanted, entries, strict=True)
            if entry is not None and entry.data and (seen := _read(entry.data)) is not None
        }

    return bus_call(ask, WAIT_S) if wanted else {}


def _read(data: bytes) -> Seen | None:
    try:
        return decode_seen(data)
    except msgspec.MsgspecError:
        return None
