"""Tiny roles for the supervisor's tests: what they do is said by KANDELIA_TEST_ROLE, as they have no settings."""

import asyncio
import contextlib
import os
import time

from kandelia.base.errors import KandeliaError
from kandelia.boot.roles.contracts import RoleContext

BEAT_S = 0.05


async def run(context: RoleContext) -> None:
    manner = os.environ.get("TEST_ROLE", "")
    if manner == "fails":
        raise KandeliaError("this role cannot run", mend="mend the test")
    context.reporter.gauge("beats", lambda: 7.0)
    if manner == "troubled":
        context.reporter.trouble("dust", "there is dust in the room", "open a window")
    while not context.stopping.is_set():
        with contextlib.suppress(KandeliaError):
            await context.bus.publish(f"beat.{context.name}", b"")
        await asyncio.sleep(BEAT_S)
    if manner == "hangs":
        time.sleep(60)
