"""The jobs role: jobs, schedules and services over the records, and the snapshot for the data plane."""

import asyncio
import importlib

from kandelia.boot import django_start
from kandelia.boot.roles.contracts import RoleContext


async def run(context: RoleContext) -> None:
    """Work until asked to stop."""
    django_start.start("jobs")
    module = importlib.import_module("kandelia.kernel.jobs.working")  # models can be imported only now
    working = module.Working(context.reporter, context.reporter.gauge)
    await asyncio.to_thread(working.begin)
    try:
        await context.stopping.wait()
    finally:
        await asyncio.to_thread(working.end)
