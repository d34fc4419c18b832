"""Hearing a subject for as long as a role runs, over every loss of the bus."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from kandelia.base.errors import KandeliaError
from kandelia.ports.bus import Bus, Message, Subscription

RESUBSCRIBE_S = 1.0
Hear = Callable[[Message], Awaitable[None]]
log = logging.getLogger("kandelia.bus")


async def keep_listening(bus: Bus, subject: str, hear: Hear, *, group: str = "") -> None:
    """Hand each message to `hear`, one after the other, until cancelled; within a group one member gets it.

    A KandeliaError of `hear`, or of the bus, is logged and costs the messages of RESUBSCRIBE_S.
    """
    while True:
        subscription: Subscription | None = None
        try:
            subscription = await bus.subscribe(subject, group=group)
            async for message in subscription:
                await hear(message)
        except KandeliaError as error:
            log.warning("cannot listen to %s: %s", subject, error)
        finally:
            if subscription is not None:
                await subscription.close()
        await asyncio.sleep(RESUBSCRIBE_S)
