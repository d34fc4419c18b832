"""Asking every role for its report."""

import asyncio
import contextlib

import msgspec

from kandelia.kernel.events.report import REPORTS_ASK, Report
from kandelia.ports.bus import Bus

REPORTS_WAIT_S = 0.4
REPORTS_MAX = 1_000


async def ask_reports(bus: Bus, wait_s: float = REPORTS_WAIT_S) -> tuple[Report, ...]:
    """What every role that runs says within `wait_s`, by role and pid; what cannot be read is left out."""
    inbox = bus.inbox()
    subscription = await bus.subscribe(inbox)
    found: dict[tuple[str, int], Report] = {}
    try:
        await bus.publish(REPORTS_ASK, b"", reply=inbox)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                async for message in subscription:
                    with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError):
                        report = msgspec.json.decode(message.data, type=Report)
                        found[report.name, report.pid] = report
                    if len(found) >= REPORTS_MAX:
                        break
    finally:
        await subscription.close()
    return tuple(found[key] for key in sorted(found))
