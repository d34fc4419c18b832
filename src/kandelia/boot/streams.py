"""The durable streams of an installation and how much of the disk each may take."""

from dataclasses import replace

from kandelia.base.errors import NotFound
from kandelia.boot.settings import Settings
from kandelia.kernel.connections.contracts import EDGE_STREAM, EDGE_SUBJECTS, LOAD_STREAM, LOAD_SUBJECTS
from kandelia.kernel.connections.orders import COMMANDS_STREAM, COMMANDS_SUBJECTS, ORDERS_KEPT_S
from kandelia.kernel.events.contracts import EVENTS_STREAM, EVENTS_SUBJECTS
from kandelia.kernel.rules.contracts import RECORDED_STREAM, RECORDED_SUBJECTS
from kandelia.kernel.signals.contracts import QUARANTINE_STREAM, QUARANTINE_SUBJECTS
from kandelia.ports.bus import Bus, StreamSpec

QUARANTINE_AGE_S = 90 * 86_400.0
COMMANDS_BYTES_MAX = 64_000_000
EVENTS_AGE_S = 400 * 86_400.0
RECORDED_AGE_S = 7 * 86_400.0  # how long the rules role may be away and lose nothing
BUCKETS_SHARE = 0.05  # of the store, left for keyed documents


def stream_specs(settings: Settings, store_bytes_max: int = 0) -> tuple[StreamSpec, ...]:
    """Every stream; all are made smaller alike when together they would not fit into `store_bytes_max` (0: no bound).

    What is measured is refused when full, so that nothing acknowledged is lost and the writer knows; facts and
    quarantine drop their oldest.
    """
    bus = settings.bus
    wanted = (
        StreamSpec(EDGE_STREAM, EDGE_SUBJECTS, keep="work", bytes_max=bus.edge_bytes_max),
        StreamSpec(LOAD_STREAM, LOAD_SUBJECTS, keep="work", bytes_max=bus.load_bytes_max),
        StreamSpec(
            COMMANDS_STREAM,
            COMMANDS_SUBJECTS,
            "limits",
            COMMANDS_BYTES_MAX,
            ORDERS_KEPT_S,
            repeat_window_s=ORDERS_KEPT_S,  # a claim must be known for as long as an order can come again
        ),
        StreamSpec(EVENTS_STREAM, EVENTS_SUBJECTS, "limits", bus.events_bytes_max, EVENTS_AGE_S, "drop-oldest"),
        StreamSpec(
            QUARANTINE_STREAM, QUARANTINE_SUBJECTS, "limits", bus.quarantine_bytes_max, QUARANTINE_AGE_S, "drop-oldest"
        ),
        StreamSpec(RECORDED_STREAM, RECORDED_SUBJECTS, "limits", bus.recorded_bytes_max, RECORDED_AGE_S, "drop-oldest"),
    )
    total = sum(spec.bytes_max for spec in wanted)
    room = int(store_bytes_max * (1 - BUCKETS_SHARE))
    if not store_bytes_max or total <= room:
        return wanted
    return tuple(replace(spec, bytes_max=max(1, spec.bytes_max * room // total)) for spec in wanted)


async def ensure_streams(bus: Bus, settings: Settings, store_bytes_max: int = 0) -> None:
    """Bring every stream to its wanted form."""
    for spec in stream_specs(settings, store_bytes_max):
        await bus.ensure_stream(spec)


async def ensure_missing_streams(bus: Bus, settings: Settings) -> None:
    """Make what is not there, leave the rest: for a role that runs without the supervisor."""
    for spec in stream_specs(settings):
        try:
            await bus.stream_state(spec.name)
        except NotFound:
            await bus.ensure_stream(spec)
