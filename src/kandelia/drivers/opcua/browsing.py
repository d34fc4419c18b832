"""What stands under a node: names, types, units and whether it may be written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from asyncua import ua

from kandelia.drivers.opcua.addresses import resolve, write
from kandelia.drivers.opcua.datatypes import DataTypes, is_array, kind_of, name_of
from kandelia.drivers.opcua.limits import Limits
from kandelia.drivers.opcua.link import Link
from kandelia.drivers.opcua.reasons import status_reason
from kandelia.sdk.drivers import Node, NotFound

CHILDREN_MAX = 5_000
REFERENCES_PER_CALL = 1_000
WRITABLE = 2  # AccessLevelType bit 1, OPC 10000-3, 8.57
_CLASSES = ua.NodeClass.Object | ua.NodeClass.Variable
_ATTRIBUTES = (ua.AttributeIds.DataType, ua.AttributeIds.ValueRank, ua.AttributeIds.UserAccessLevel)


@dataclass
class _Below:
    """What hangs below one variable."""

    children: bool = False
    unit: ua.NodeId | None = None


@dataclass
class _Known:
    """What is known of one variable."""

    data_type: ua.NodeId | None = None
    rank: int | None = None
    access: int = 0
    below: _Below = field(default_factory=_Below)
    unit: str = ""


async def browse_children(link: Link, limits: Limits, types: DataTypes, address: str) -> Sequence[Node]:
    """Objects and variables below a node (the Objects folder for ""), at most CHILDREN_MAX; NotFound for no node."""
    start = resolve(address, link.namespaces) if address else ua.NodeId(ua.ObjectIds.ObjectsFolder, 0)
    (references,) = await _browse(link, limits, [start], ua.ObjectIds.HierarchicalReferences)
    unique = {_local(reference.NodeId): reference for reference in references[:CHILDREN_MAX]}
    variables = [node for node, reference in unique.items() if reference.NodeClass == ua.NodeClass.Variable]
    known = await _know(link, limits, variables)
    return [await _node(link, types, node, reference, known.get(node)) for node, reference in unique.items()]


async def _node(
    link: Link, types: DataTypes, node: ua.NodeId, reference: ua.ReferenceDescription, facts: _Known | None
) -> Node:
    address = write(node, link.namespaces)
    name = reference.DisplayName.Text or reference.BrowseName.Name or address
    if facts is None:
        return Node(address, name, has_children=True)
    base = await types.base(facts.data_type) if facts.data_type is not None else 0
    details = {"type": name_of(base) + (" array" if is_array(facts.rank) else "")}
    return Node(
        address,
        name,
        has_children=facts.below.children,
        kind=kind_of(base, facts.rank),
        unit=facts.unit,
        writable=bool(facts.access & WRITABLE),
        details=details,
    )


async def _know(link: Link, limits: Limits, variables: Sequence[ua.NodeId]) -> dict[ua.NodeId, _Known]:
    asked = [(node, attribute) for node in variables for attribute in _ATTRIBUTES]
    told = [_good(value) for value in await link.read(asked, limits.read)]
    known = {
        node: _Known(told[3 * place], told[3 * place + 1], told[3 * place + 2] or 0)
        for place, node in enumerate(variables)
    }
    for start in range(0, len(variables), limits.browse):
        some = variables[start : start + limits.browse]
        for node, references in zip(
            some, await _browse(link, limits, some, ua.ObjectIds.HierarchicalReferences), strict=True
        ):
            known[node].below = _below(references)
    with_unit = [facts for facts in known.values() if facts.below.unit is not None]
    units = await link.read([(facts.below.unit, ua.AttributeIds.Value) for facts in with_unit], limits.read)
    for facts, value in zip(with_unit, units, strict=True):
        facts.unit = _unit(_good(value))
    return known


def _below(references: Sequence[ua.ReferenceDescription]) -> _Below:
    below = _Below()
    for reference in references:
        if reference.ReferenceTypeId == ua.NodeId(ua.ObjectIds.HasProperty, 0):
            if reference.BrowseName.Name == "EngineeringUnits":
                below.unit = _local(reference.NodeId)
        else:
            below.children = True
    return below


def _local(node: ua.ExpandedNodeId) -> ua.NodeId:
    """The plain form, which a request wants."""
    return ua.NodeId(node.Identifier, node.NamespaceIndex, node.NodeIdType)


def _good(value: ua.DataValue) -> Any:
    return value.Value.Value if value.StatusCode.is_good() and value.Value is not None else None


def _unit(value: Any) -> str:
    """An EUInformation's display name (OPC 10000-8, 5.6.4.3)."""
    return str(value.DisplayName.Text or "") if isinstance(value, ua.EUInformation) else ""


async def _browse(
    link: Link, limits: Limits, nodes: Sequence[ua.NodeId], reference: int
) -> list[list[ua.ReferenceDescription]]:
    """References of each node to objects and variables, followed over continuation points up to CHILDREN_MAX."""
    request = ua.BrowseRequest()
    request.Parameters.View = ua.ViewDescription()
    request.Parameters.RequestedMaxReferencesPerNode = REFERENCES_PER_CALL
    for node in nodes:
        description = ua.BrowseDescription()
        description.NodeId = node
        description.BrowseDirection = ua.BrowseDirection.Forward
        description.ReferenceTypeId = ua.NodeId(reference, 0)
        description.IncludeSubtypes = True
        description.NodeClassMask = int(_CLASSES)
        description.ResultMask = ua.BrowseResultMask.All
        request.Parameters.NodesToBrowse.append(description)
    results = (await link.call(request, ua.BrowseResponse)).Results
    return [await _all_references(link, node, result) for node, result in zip(nodes, results, strict=True)]


async def _all_references(link: Link, node: ua.NodeId, result: ua.BrowseResult) -> list[ua.ReferenceDescription]:
    if not result.StatusCode.is_good():
        raise NotFound(
            status_reason(result.StatusCode.value), where=write(node, link.namespaces), mend="check the address"
        )
    references = list(result.References or [])
    while result.ContinuationPoint:
        request = ua.BrowseNextRequest()
        request.Parameters.ReleaseContinuationPoints = len(references) >= CHILDREN_MAX
        request.Parameters.ContinuationPoints = [result.ContinuationPoint]
        answer = (await link.call(request, ua.BrowseNextResponse)).Results
        if request.Parameters.ReleaseContinuationPoints:
            break
        (result,) = answer
        references += result.References or []
    return references
