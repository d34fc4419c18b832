"""Orders and claims on the bus, as the control plane stores them."""

from typing import Any

import msgspec

from kandelia.base.clock import NS_PER_S, to_ns
from kandelia.base.samples import Kind
from kandelia.kernel.commands.logic import values
from kandelia.kernel.connections.orders import Fate, Order, Word, fate_subject, order_subject
from kandelia.kernel.events import bridge
from kandelia.ports.bus import Bus, Stored

STORE_S = 3.0


def claim(row: Any, fate: Fate) -> bool:
    """Settle an order's fate before any edge does; False where one has. Unavailable when the bus is away."""
    word = Word(row.order, row.organisation_id, fate, 0, claim=True)
    subject = fate_subject(row.organisation_id, row.site, row.connection)
    return not _store(subject, msgspec.json.encode(word), word.message_id).repeated


def publish(row: Any) -> None:
    """The order, on disk at the bus when this returns; again is a repeat. Unavailable when the bus is away."""
    order = Order(
        id=row.order,
        organisation=row.organisation_id,
        site=row.site,
        connection=row.connection,
        signal=row.number,
        value=values.read(row.wanted, Kind(row.kind)),
        issued_ns=min(to_ns(row.entry.created_at), to_ns(row.expires_at) - NS_PER_S),
        expires_ns=to_ns(row.expires_at),
        tolerance=row.tolerance,
        revision=row.connection_revision,
    )
    subject = order_subject(row.organisation_id, row.site, row.connection)
    _store(subject, msgspec.json.encode(order), row.order)


def _store(subject: str, data: bytes, message_id: str) -> Stored:
    async def store(bus: Bus) -> Stored:
        return await bus.store(subject, data, message_id=message_id, timeout_s=STORE_S)

    return bridge.bus_call(store, STORE_S + 1)
