"""The nodes that were born, as a tree: groups, nodes, devices, metrics."""

from collections.abc import Sequence

from kandelia.drivers.sparkplug.datatypes import kind_of, name_of, reason_against
from kandelia.drivers.sparkplug.names import BD_SEQ, MetricName, NodeId
from kandelia.drivers.sparkplug.nodes import Metric, Nodes
from kandelia.drivers.sparkplug.nodes import Node as EdgeNode
from kandelia.sdk.drivers import Node, NotFound

CHILDREN_MAX = 5_000


def children(nodes: Nodes, address: str) -> Sequence[Node]:
    """What stands below "" (groups), a group, `group/node` or `group/node/device`; NotFound for nothing known."""
    parts = address.split("/") if address else []
    if not parts:
        groups = sorted({id.group for id in nodes.nodes})
        return [Node(group, group, has_children=True) for group in groups]
    if len(parts) == 1:
        found = sorted((id for id in nodes.nodes if id.group == parts[0]), key=lambda id: id.node)
        if not found:
            raise NotFound("no node of such a group was born", where=address[:80], mend="browse from the top")
        return [_node(nodes.nodes[id]) for id in found[:CHILDREN_MAX]]
    node = nodes.nodes.get(NodeId(parts[0], parts[1]))
    if node is None or len(parts) > 3:
        raise NotFound("no such node was born", where=address[:80], mend="browse from the top")
    device = parts[2] if len(parts) == 3 else ""
    devices = [] if device else [_device(node, name) for name in sorted(_devices(node))]
    metrics = [_metric(node, metric) for place, metric in node.metrics.items() if place[0] == device]
    return [*devices, *metrics][:CHILDREN_MAX]


def _devices(node: EdgeNode) -> set[str]:
    return {device for device, _ in node.metrics if device}


def _node(node: EdgeNode) -> Node:
    details = {"state": "online" if node.online else "offline"}
    return Node(str(node.id), node.id.node, has_children=True, details=details)


def _device(node: EdgeNode, name: str) -> Node:
    details = {"state": "online" if name in node.devices else "offline"}
    return Node(f"{node.id}/{name}", name, has_children=True, details=details)


def _metric(node: EdgeNode, metric: Metric) -> Node:
    device, name = metric.place
    details = {"type": name_of(metric.datatype)}
    if reason := reason_against(metric.datatype):
        details["not a signal"] = reason
    return Node(
        str(MetricName(node.id, device, name)),
        name,
        has_children=False,
        kind=kind_of(metric.datatype),
        unit=metric.unit,
        writable=name != BD_SEQ and not reason,
        details=details,
    )
