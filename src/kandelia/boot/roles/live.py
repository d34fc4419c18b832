"""The live role: newest values from the bus to browsers, without Django."""

import asyncio
import contextlib
import logging

from websockets.asyncio.server import Server

from kandelia.boot.roles.contracts import RoleContext
from kandelia.kernel.access.tickets import TICKET_SECRET
from kandelia.kernel.signals.plane.asking import ask
from kandelia.surfaces.live.feed import Feed
from kandelia.surfaces.live.hub import Hub, rate
from kandelia.surfaces.live.server import LiveServer
from kandelia.surfaces.live.states import StateBoard
from kandelia.surfaces.live.values import NewestValues

TICKET_SECRET_BYTES = 32
MS_PER_S = 1_000
log = logging.getLogger("kandelia.live")


async def run(context: RoleContext) -> None:
    """Serve /live until asked to stop."""
    hub = Hub(NewestValues(), StateBoard(), context.clock)
    secret = context.secrets.ensure(TICKET_SECRET, TICKET_SECRET_BYTES)
    server = LiveServer(hub, secret, context.clock, context.settings.live.sockets_max)
    feed = Feed(context.bus, hub, context.clock, ask, server.revoke, context.reporter)
    _report(context, hub, feed, server)
    context.reporter.revisions(feed.snapshot.revisions)
    port = context.settings.live.port
    listening = await server.open(None if port else context.settings.live_socket, port)
    tasks = [asyncio.create_task(feed.run()), asyncio.create_task(_tick(context, hub, feed))]
    stopping = asyncio.create_task(context.stopping.wait())
    try:
        await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                task.result()
    finally:
        await _leave(context, listening, [*tasks, stopping])


async def _leave(context: RoleContext, listening: Server, tasks: list[asyncio.Task[object]]) -> None:
    for task in tasks:
        task.cancel()
    listening.close()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task
    await listening.wait_closed()
    if not context.settings.live.port:
        context.settings.live_socket.unlink(missing_ok=True)


async def _tick(context: RoleContext, hub: Hub, feed: Feed) -> None:
    period_s = context.settings.live.tick_ms / MS_PER_S
    while True:
        await asyncio.sleep(period_s)
        hub.tick()
        if feed.trouble:
            context.reporter.trouble(
                "live-history",
                f"the newest values could not be asked of history: {feed.trouble}",
                "see the history role",
            )
        else:
            context.reporter.mended("live-history")


def _report(context: RoleContext, hub: Hub, feed: Feed, server: LiveServer) -> None:
    gauges = {
        "sockets": lambda: float(len(hub.clients)),
        "sockets_dropped": lambda: float(hub.dropped),
        "sockets_refused": lambda: float(server.refused),
        "signals": lambda: float(hub.values.known),
        "samples_per_s": rate(lambda: float(feed.samples), context.clock),
        "values_sent_per_s": rate(lambda: float(hub.values_sent), context.clock),
        "messages_missed": lambda: float(feed.missed),
        "messages_garbage": lambda: float(feed.garbage),
    }
    for name, read in gauges.items():
        context.reporter.gauge(name, read)
