"""The rules role: derived signals and limits over what history has recorded; without Django."""

import asyncio

from kandelia.boot.roles.contracts import RoleContext
from kandelia.kernel.rules.plane.working import Working
from kandelia.kernel.signals.plane.asking import ask

FINISH_S = 3.0  # for the message in hand at a stop


async def run(context: RoleContext) -> None:
    """Evaluate until asked to stop; what is not finished then comes again at the next start."""
    working = Working(context.bus, context.clock, context.reporter, ask)
    _report(context, working)
    work = asyncio.create_task(working.run())
    stopping = asyncio.create_task(context.stopping.wait())
    try:
        await asyncio.wait([work, stopping], return_when=asyncio.FIRST_COMPLETED)
        if work.done():
            work.result()
    finally:
        working.stop()
        stopping.cancel()
        await asyncio.wait([work], timeout=FINISH_S)
        work.cancel()
        await asyncio.gather(work, stopping, return_exceptions=True)


def _report(context: RoleContext, working: Working) -> None:
    figures, plants = working.figures, working.plants
    gauges = {
        "derived_signals": lambda: float(sum(len(one.deriving.entries) for one in plants.values())),
        "limits": lambda: float(sum(len(one.watching.watch.limits) for one in plants.values())),
        "limits_active": lambda: float(sum(one.watching.watch.active for one in plants.values())),
        "rules_rows": lambda: float(figures.rows),
        "derived_rows": lambda: float(figures.written),
        "rules_messages_waiting": lambda: float(figures.waiting),
        "rules_lag_s": lambda: figures.lag_s,
        "history_questions": lambda: float(sum(one.deriving.memory.questions for one in plants.values())),
    }
    for name, read in gauges.items():
        context.reporter.gauge(name, read)
