"""From addresses to nodes that can be collected, and the reasons why others cannot."""

from collections.abc import Sequence
from dataclasses import dataclass

from asyncua import ua

from kandelia.drivers.opcua.addresses import resolve
from kandelia.drivers.opcua.datatypes import DataTypes, mismatch
from kandelia.drivers.opcua.limits import Limits
from kandelia.drivers.opcua.link import Link
from kandelia.drivers.opcua.reasons import status_reason
from kandelia.sdk.drivers import InvalidInput, Item

_HOPELESS = frozenset(
    {ua.StatusCodes.BadNodeIdUnknown, ua.StatusCodes.BadNodeIdInvalid, ua.StatusCodes.BadAttributeIdInvalid}
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An item whose node has been found."""

    item: Item
    node: ua.NodeId


async def supertype(link: Link, data_type: ua.NodeId) -> ua.NodeId | None:
    """The parent of a data type; None where the server does not tell."""
    request = ua.BrowseRequest()
    request.Parameters.View = ua.ViewDescription()
    request.Parameters.NodesToBrowse = [
        ua.BrowseDescription(
            NodeId=data_type,
            BrowseDirection=ua.BrowseDirection.Inverse,
            ReferenceTypeId=ua.NodeId(ua.ObjectIds.HasSubtype, 0),
            IncludeSubtypes=True,
            NodeClassMask=0,
            ResultMask=0,
        )
    ]
    (result,) = (await link.call(request, ua.BrowseResponse)).Results
    if not result.StatusCode.is_good() or not result.References:
        return None
    found = result.References[0].NodeId
    return ua.NodeId(found.Identifier, found.NamespaceIndex, found.NodeIdType)


async def find_items(
    link: Link, limits: Limits, types: DataTypes, items: Sequence[Item]
) -> tuple[list[Wanted], dict[int, str]]:
    """Those that can be collected, and number → reason for the others."""
    found, refused = [], {}
    for item in items:
        try:
            found.append(Wanted(item, resolve(item.address, link.namespaces)))
        except InvalidInput as error:
            refused[item.number] = str(error)
    attributes = (ua.AttributeIds.DataType, ua.AttributeIds.ValueRank)
    asked = [(wanted.node, attribute) for wanted in found for attribute in attributes]
    told = await link.read(asked, limits.read)
    fitting = []
    for place, wanted in enumerate(found):
        reason = await _unfit(types, wanted.item, told[2 * place], told[2 * place + 1])
        if reason:
            refused[wanted.item.number] = reason
        else:
            fitting.append(wanted)
    return fitting, refused


async def _unfit(types: DataTypes, item: Item, data_type: ua.DataValue, rank: ua.DataValue) -> str:
    """Why a node cannot feed the signal; a server that hides its types is believed until values say otherwise."""
    code = data_type.StatusCode.value
    if code in _HOPELESS:
        return f"{item.address}: {status_reason(code)}"
    if not data_type.StatusCode.is_good() or data_type.Value is None or data_type.Value.Value is None:
        return ""
    dimensions = rank.Value.Value if rank.StatusCode.is_good() and rank.Value is not None else None
    return mismatch(await types.base(data_type.Value.Value), dimensions, item.kind)
