"""A hard end to what a driver does, also when it does not listen to being cancelled."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, TypeVar

from kandelia.base.errors import Unavailable

T = TypeVar("T")
CANCEL_S = 1.0  # how long a cancelled driver may take to leave
log = logging.getLogger("kandelia.edge")


async def within(seconds: float, doing: str, coroutine: Coroutine[Any, Any, T]) -> T:
    """The coroutine's result; Unavailable after `seconds`, when it is cancelled and, if it stays, abandoned.

    Nobody waits longer than `seconds` + CANCEL_S. (asyncio.wait_for waits for ever for a coroutine that swallows
    its cancellation.)
    """
    task = asyncio.ensure_future(coroutine)
    try:
        await asyncio.wait({task}, timeout=seconds)
    except asyncio.CancelledError:
        await _leave(task, doing)
        raise
    if task.done() and not task.cancelled():
        return task.result()
    await _leave(task, doing)
    raise Unavailable(
        f"{doing} took longer than {seconds:g} s", mend="check that the device answers", code="driver-deadline"
    )


async def _leave(task: "asyncio.Future[Any]", doing: str) -> None:
    task.cancel()
    await asyncio.wait({task}, timeout=CANCEL_S)
    if not task.done():
        log.error("the driver does not let go of: %s; it is abandoned", doing)
    task.add_done_callback(_swallow)


def _swallow(task: "asyncio.Future[Any]") -> None:
    if not task.cancelled():
        task.exception()
