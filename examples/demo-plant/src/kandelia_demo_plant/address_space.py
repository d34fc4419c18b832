"""The plant as OPC UA nodes: site › area › line › machine › signal, addressed by string node ids."""

from datetime import UTC, datetime
from typing import Any

from asyncua import ua

from kandelia_demo_plant.declaration import SITE, Kind, Machine, Name, Signal, signal_id
from kandelia_demo_plant.plant import AREAS, SITE_NAME

DATA_TYPES = {  # kind → data type node, variant type, type definition (OPC 10000-8, 5.3)
    Kind.FLOAT: (ua.ObjectIds.Double, ua.VariantType.Double, ua.ObjectIds.AnalogItemType),
    Kind.INTEGER: (ua.ObjectIds.Int64, ua.VariantType.Int64, ua.ObjectIds.AnalogItemType),
    Kind.BOOLEAN: (ua.ObjectIds.Boolean, ua.VariantType.Boolean, ua.ObjectIds.BaseDataVariableType),
    Kind.TEXT: (ua.ObjectIds.String, ua.VariantType.String, ua.ObjectIds.BaseDataVariableType),
    Kind.ENUMERATION: (ua.ObjectIds.UInt32, ua.VariantType.UInt32, ua.ObjectIds.MultiStateDiscreteType),
}
UNITS_URI = "http://www.opcfoundation.org/UA/units/un/cefact"
UCUM_URI = "http://unitsofmeasure.org"
UNECE = {  # UCUM → UN/ECE Recommendation 20 common code
    "Cel": "CEL", "%": "P1", "bar": "BAR", "kPa": "KPA", "kW": "KWT", "s": "SEC", "mm/s": "C16", "A": "AMP",
    "V": "VLT", "Hz": "HTZ", "N": "NEW", "kN": "B47", "mm": "MMT", "um": "4H", "m3/h": "MQH", "L": "LTR",
    "[ppm]": "59", "kV.A": "KVA", "1": "C62",
}  # fmt: skip


def node_id(text: str, index: int = 2) -> ua.NodeId:
    """The node of a site, area, line, machine or signal id."""
    return ua.NodeId(text, index)


def nodes(machines: tuple[Machine, ...], index: int) -> list[ua.AddNodesItem]:
    """All nodes, parents before children."""
    objects = ua.NodeId(ua.ObjectIds.ObjectsFolder)
    site = node_id(SITE, index)
    items = [_object(objects, ua.ObjectIds.Organizes, site, SITE, SITE_NAME, index)]
    for area in AREAS:
        area_id = node_id(f"{SITE}.{area.key}", index)
        items.append(_object(site, ua.ObjectIds.Organizes, area_id, area.key, area.name, index))
        for line in area.lines:
            line_id = node_id(f"{SITE}.{area.key}.{line.key}", index)
            items.append(_object(area_id, ua.ObjectIds.Organizes, line_id, line.key, line.name, index))
    for machine in machines:
        items += _machine(machine, index)
    return items


def _machine(machine: Machine, index: int) -> list[ua.AddNodesItem]:
    parent = node_id(f"{SITE}.{machine.area}" + (f".{machine.line}" if machine.line else ""), index)
    here = node_id(machine.id, index)
    items = [_object(parent, ua.ObjectIds.HasComponent, here, machine.key, machine.name, index)]
    for signal in machine.signals:
        items += _signal(machine, signal, here, index)
    return items


def _signal(machine: Machine, signal: Signal, parent: ua.NodeId, index: int) -> list[ua.AddNodesItem]:
    data_type, variant_type, definition = DATA_TYPES[signal.kind]
    here = node_id(signal_id(machine, signal), index)
    start: Any = {Kind.TEXT: "", Kind.BOOLEAN: False, Kind.FLOAT: 0.0}.get(signal.kind, 0)
    attributes = _variable(signal.name, ua.Variant(start, variant_type), data_type)
    attributes.MinimumSamplingInterval = signal.period_s * 1_000.0
    if signal.settable:
        attributes.AccessLevel = attributes.UserAccessLevel = (
            ua.AccessLevel.CurrentRead.mask | ua.AccessLevel.CurrentWrite.mask
        )
    item = _item(parent, ua.ObjectIds.HasComponent, here, signal.key, index, ua.NodeClass.Variable, attributes)
    item.TypeDefinition = ua.NodeId(definition)
    return [item, *_properties(signal, here, index)]


def _properties(signal: Signal, parent: ua.NodeId, index: int) -> list[ua.AddNodesItem]:
    found: list[tuple[str, Any, int]] = []
    if signal.unit:
        found.append(("EngineeringUnits", _unit(signal.unit), ua.ObjectIds.EUInformation))
    if signal.low is not None and signal.high is not None:
        found.append(("EURange", ua.Range(float(signal.low), float(signal.high)), ua.ObjectIds.Range))
    if signal.labels:
        labels = [ua.LocalizedText(signal.labels[code].en, "en") for code in sorted(signal.labels)]
        found.append(("EnumStrings", labels, ua.ObjectIds.LocalizedText))
    return [_property(parent, name, value, kind, index) for name, value, kind in found]


def _property(parent: ua.NodeId, name: str, value: Any, data_type: int, index: int) -> ua.AddNodesItem:
    text = data_type == ua.ObjectIds.LocalizedText
    variant = ua.Variant(value, ua.VariantType.LocalizedText if text else ua.VariantType.ExtensionObject)
    attributes = _variable(Name(name, name), variant, data_type)
    if text:
        attributes.ValueRank = ua.ValueRank.OneDimension
    here = node_id(f"{parent.Identifier}#{name}", index)
    item = _item(parent, ua.ObjectIds.HasProperty, here, name, 0, ua.NodeClass.Variable, attributes)
    item.TypeDefinition = ua.NodeId(ua.ObjectIds.PropertyType)
    return item


def _unit(unit: str) -> ua.EUInformation:
    """EngineeringUnits (OPC 10000-8, 5.6.3): the UN/ECE code as id where there is one; UCUM as its display name."""
    code = UNECE.get(unit)
    number = int.from_bytes(code.encode(), "big") if code else -1
    return ua.EUInformation(
        UNITS_URI if code else UCUM_URI, number, ua.LocalizedText(unit, "en"), ua.LocalizedText(unit, "en")
    )


def _variable(name: Name, value: ua.Variant, data_type: int) -> ua.VariableAttributes:
    attributes = ua.VariableAttributes()
    attributes.DisplayName = ua.LocalizedText(name.en, "en")
    attributes.Description = ua.LocalizedText(name.zh, "zh")
    attributes.DataType = ua.NodeId(data_type)
    attributes.Value = value
    attributes.ValueRank = ua.ValueRank.Scalar
    attributes.AccessLevel = attributes.UserAccessLevel = ua.AccessLevel.CurrentRead.mask
    return attributes


def _object(parent: ua.NodeId, reference: int, here: ua.NodeId, key: str, name: Name, index: int) -> ua.AddNodesItem:
    attributes = ua.ObjectAttributes()
    attributes.DisplayName = ua.LocalizedText(name.en, "en")
    attributes.Description = ua.LocalizedText(name.zh, "zh")
    attributes.EventNotifier = 0
    item = _item(parent, reference, here, key, index, ua.NodeClass.Object, attributes)
    item.TypeDefinition = ua.NodeId(ua.ObjectIds.BaseObjectType)
    return item


def _item(
    parent: ua.NodeId, reference: int, here: ua.NodeId, key: str, index: int, node_class: ua.NodeClass, attributes: Any
) -> ua.AddNodesItem:
    item = ua.AddNodesItem()
    item.RequestedNewNodeId = here
    item.BrowseName = ua.QualifiedName(key, index)
    item.NodeClass = node_class
    item.ParentNodeId = parent
    item.ReferenceTypeId = ua.NodeId(reference)
    item.NodeAttributes = attributes
    return item


def data_value(signal: Signal, value: Any, quality: int, at: datetime) -> ua.DataValue:
    """A reading: with a bad quality its value is null (OPC 10000-4, 7.7.1)."""
    bad = quality >= 0x8000
    variant = ua.Variant(None, ua.VariantType.Null) if bad else ua.Variant(value, DATA_TYPES[signal.kind][1])
    return ua.DataValue(variant, ua.StatusCode(quality << 16), at, at)


def instant(time_s: int) -> datetime:
    """A whole second as the stack wants it."""
    return datetime.fromtimestamp(time_s, UTC)
