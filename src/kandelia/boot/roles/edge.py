"""The edge role: drivers to the bus, without Django."""

from kandelia.boot.roles.contracts import RoleContext
from kandelia.boot.streams import ensure_missing_streams
from kandelia.kernel.connections.plane.discovery import Drivers
from kandelia.kernel.connections.plane.edge import Edge, EdgePlan
from kandelia.kernel.connections.plane.gauges import figures

MS_PER_S = 1_000


async def run(context: RoleContext) -> None:
    """Collect until asked to stop."""
    settings = context.settings
    plan = EdgePlan(
        directory=settings.run_directory / "edge-snapshot",
        drivers_directory=settings.directory / "drivers",
        site=settings.edge.site,
        batch_s=settings.edge.batch_ms / MS_PER_S,
        batch_rows=settings.edge.batch_rows,
        hold_s=settings.edge.hold_s,
    )

    async def ensure_streams() -> None:
        await ensure_missing_streams(context.bus, settings)

    drivers = Drivers(plan.drivers_directory)
    edge = Edge(plan, context.bus, context.secrets, context.clock, context.reporter, ensure_streams, drivers)
    for name, read in figures(lambda: [one.supervised for one in edge.running.values()]).items():
        context.reporter.gauge(name, read)
    context.reporter.revisions(edge.revisions)
    await edge.run(context.stopping)
