"""How much a server takes in one call. OPC 10000-5, 6.3.11 (OperationLimitsType)."""

from dataclasses import dataclass

from asyncua import ua

from kandelia.drivers.opcua.link import READ_SLICE, Link

BROWSE_SLICE = 100


@dataclass(frozen=True, slots=True)
class Limits:
    """Slice sizes: what the server names, never more than what we would ask anyway."""

    items: int
    read: int = READ_SLICE
    browse: int = BROWSE_SLICE


async def read_limits(link: Link) -> Limits:
    """0 or nothing at the server means that it names no limit."""
    prefix = "Server_ServerCapabilities_OperationLimits_MaxNodesPer"
    names = ("Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall", f"{prefix}Read", f"{prefix}Browse")
    wanted = [(ua.NodeId(getattr(ua.ObjectIds, name), 0), ua.AttributeIds.Value) for name in names]
    told = []
    for value in await link.read(wanted, 1):
        number = value.Value.Value if value.Value is not None and value.StatusCode.is_good() else None
        told.append(number if isinstance(number, int) and number > 0 else 2**31)
    return Limits(
        items=min(told[0], link.config.items_per_call),
        read=min(told[1], READ_SLICE),
        browse=min(told[2], BROWSE_SLICE),
    )
