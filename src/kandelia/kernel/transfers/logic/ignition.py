"""Tag lists of Ignition: the JSON export with folders and UDTs, and the older CSV; after the vendor's documentation.

Sources: Ignition 8.1 and 8.3 manual, "Exporting and Importing Tags" and "Tag Properties" (tagType, valueSource,
opcItemPath, dataType, engUnit), "UDT Multi-Instance" and "UDT Parameters" ({parameter}, {InstanceName}); Ignition 7.9
manual, "Exporting and Importing Tags" (CSV columns); "Modbus Addressing" (HR, IR, C, DI with types). No file of the
vendor was used.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kandelia.base.errors import InvalidInput
from kandelia.base.text import Said
from kandelia.kernel.transfers.logic.tags import SPLIT, TAGS_MAX, TOO_MANY, Listed, Tag, rows_of
from kandelia.kernel.transfers.logic.units import ucum

DEPTH_MAX = 20
TYPES = {
    "int1": "integer", "int2": "integer", "int4": "integer", "int8": "integer", "float4": "float", "float8": "float",
    "boolean": "boolean", "string": "text", "text": "text", "datetime": "text", "byte": "integer", "short": "integer",
    "integer": "integer", "long": "integer", "float": "float", "double": "float",
}  # fmt: skip
TYPES_FOLDER = "_types_"
_PARAMETER = re.compile(r"\{([^{}]{1,80})\}")
_ITEM = re.compile(r"(?:ns=\d+;s=|nsu=[^;]+;s=)?\[(?P<device>[^\]]*)\](?P<path>.+)")
_MODBUS = re.compile(
    r"(?:(?P<unit>\d{1,3})\.)?(?P<table>HR|IR|C|DI)(?P<type>BCD_32|BCD32|BCD|UI_64|I_64|US|UI|UL|S|F|D|I|L)?"
    r"(?P<number>\d{1,6})(?:\.(?P<bit>\d{1,2})|:(?P<length>\d{1,3}))?", re.I,
)  # fmt: skip
_TABLES = {"hr": "holding", "ir": "input", "c": "coil", "di": "discrete"}
_MODBUS_TYPES = {
    "": "int16", "f": "float32", "d": "float64", "i": "int32", "l": "int64", "i_64": "int64", "us": "uint16",
    "ui": "uint32", "ul": "uint64", "ui_64": "uint64", "bcd": "bcd16", "bcd32": "bcd32", "bcd_32": "bcd32",
    "s": "string",
}  # fmt: skip
Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the walk is: folders above, the parameters that hold there, how deep."""

    path: tuple[str, ...] = ()
    parameters: Mapping[str, str] = None  # type: ignore[assignment]
    depth: int = 0

    def below(self, name: str) -> "_Place":
        """One folder further in, with the same parameters."""
        return _Place((*self.path, name) if name else self.path, self.parameters or {}, self.depth + 1)


def read(text: str, name: str) -> Listed:
    """The tags of a JSON or CSV export; InvalidInput where it is neither."""
    text = text.removeprefix("\ufeff")
    return _read_json(text, name) if text.lstrip()[:1] in ("{", "[") else _read_csv(text, name)


def _read_json(text: str, name: str) -> Listed:
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        mend = Said("请在 Ignition Designer 中导出为 JSON", "export the tags in Ignition's designer as JSON")
        what = Said("这不是 JSON", f"this is no JSON ({error})"[:300])
        raise InvalidInput(what, name, mend, "no-tag-list") from error
    nodes = told if isinstance(told, list) else [told]
    if not all(isinstance(node, dict) for node in nodes):
        what = Said("这不是点表", "this is no list of tags")
        raise InvalidInput(what, name, Said("请重新导出", "export it again"), "no-tag-list")
    walk = _Walk(name)
    for node in nodes:
        walk.collect_types(node, (), 0)
    for node in nodes:
        top = node.get("tagType") == "Provider" or (not node.get("tagType") and "tags" in node)
        walk.enter(node, _Place(), named=not top)
    return walk.listed


class _Walk:
    """Through folders, UDT definitions and instances."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.listed = Listed()
        self._types: dict[str, Node] = {}

    def collect_types(self, node: Node, path: tuple[str, ...], depth: int) -> None:
        """UDT definitions by the path under _types_, as instances name them."""
        if depth > DEPTH_MAX:
            return
        for child in _children(node):
            name = str(child.get("name", ""))
            below = () if name == TYPES_FOLDER else (*path, name)
            if child.get("tagType") == "UdtType":
                self._types["/".join(below)] = child
            elif _children(child):
                self.collect_types(child, below, depth + 1)

    def enter(self, node: Node, place: _Place, *, named: bool = True) -> None:
        """A node and all below it."""
        name = str(node.get("name", "")) if named else ""
        where = f"{self._name}, {'/'.join((*place.path, name))[:200]}"
        kind = str(node.get("tagType", "Folder" if "tags" in node else "AtomicTag"))
        if place.depth > DEPTH_MAX:
            self.listed.wrong(where, name, Said("文件夹嵌套过深", "folders within folders without end"))
        elif kind == "UdtType" or name == TYPES_FOLDER:
            return
        elif kind in ("AtomicTag", "OPC", "0"):
            self._atomic(node, name, place, where)
        elif kind in ("UdtInstance", "UDT_INST"):
            self._instance(node, name, place, where)
        else:
            for child in _children(node):
                self.enter(child, place.below(name))

    def _instance(self, node: Node, name: str, place: _Place, where: str) -> None:
        type_id = _filled(str(node.get("typeId", "")), place.parameters or {})
        definition = self._definition(type_id, 0)
        if definition is None:
            self.listed.wrong(where, name, self._no_type(type_id[:80]))
            return
        parameters = {**(place.parameters or {}), **_parameters(definition), **_parameters(node)}
        parameters |= {"InstanceName": name, "PathToParentFolder": "/".join(place.path)}
        resolved = {key: _filled(value, parameters) for key, value in parameters.items()}
        within = _Place((*place.path, name), resolved, place.depth + 1)
        for child in _merged(_children(definition), _children(node)):
            self.enter(child, within)

    @staticmethod
    def _no_type(type_id: str) -> Said:
        mend = "export its definition too"
        return Said(f"文件中没有 UDT“{type_id}”；请同时导出其定义", f'its UDT "{type_id}" is not in the file; {mend}')

    def _definition(self, type_id: str, depth: int) -> Node | None:
        """A UDT with what it inherits."""
        found = self._types.get(type_id)
        if found is None or depth > DEPTH_MAX:
            return found
        parent = self._definition(str(found["typeId"]), depth + 1) if found.get("typeId") else None
        if parent is None:
            return found
        parameters = {**dict(parent.get("parameters") or {}), **dict(found.get("parameters") or {})}
        return {**parent, **found, "parameters": parameters, "tags": _merged(_children(parent), _children(found))}

    def _atomic(self, node: Node, name: str, place: _Place, where: str) -> None:
        parameters = {**(place.parameters or {}), "TagName": name}
        source = str(node.get("valueSource", "opc" if node.get("opcItemPath") else "memory"))
        if source != "opc":
            what = Said(f"来自 {source[:40]}，不是来自设备", f"it comes from {source[:40]}, not from a device")
            self.listed.wrong(where, name, what)
            return
        data_type = str(node.get("dataType", "Int4"))
        kind = TYPES.get(data_type.lower(), "")
        if not kind:
            what = Said(f"数据类型“{data_type[:40]}”无法接管", f'the data type "{data_type[:40]}" cannot be taken')
            self.listed.wrong(where, name, what)
            return
        address = _filled(_bound(node.get("opcItemPath")), parameters)
        if not address or _PARAMETER.search(address):
            open_ = Said(f"“{address[:80]}”中的参数没有值", f'a parameter in "{address[:80]}" has no value')
            what = open_ if address else Said("没有 OPC 项路径", "it has no OPC item path")
            self.listed.wrong(where, name, what)
            return
        self.listed.tags.append(
            Tag(
                where=where,
                path=(*place.path, name),
                kind=kind,
                address=address,
                unit=ucum(_filled(_bound(node.get("engUnit")), parameters)),
                description=_filled(_bound(node.get("documentation") or node.get("tooltip")), parameters),
                row=modbus_row(address),
            )
        )
        if len(self.listed.tags) > TAGS_MAX:
            raise InvalidInput(TOO_MANY, self._name, SPLIT, "too-many")


def modbus_row(address: str) -> dict[str, str]:
    """An item path of Ignition's Modbus driver as columns of a register map; empty where it is none."""
    item = _ITEM.fullmatch(address.strip())
    found = _MODBUS.fullmatch(item["path"]) if item is not None else None
    if found is None or int(found["number"]) < 1:
        return {}
    row = {"table": _TABLES[found["table"].lower()], "number": str(int(found["number"]) - 1)}
    if found["unit"]:
        row["device"] = found["unit"]
    if row["table"] in ("coil", "discrete"):
        return row
    if found["bit"]:
        return {**row, "bit": found["bit"]}
    row["format"] = _MODBUS_TYPES[(found["type"] or "").lower()]
    return {**row, "length": found["length"]} if found["length"] else row


def _children(node: Node) -> Sequence[Node]:
    tags = node.get("tags")
    return [one for one in tags if isinstance(one, dict)] if isinstance(tags, list) else []


def _merged(own: Sequence[Node], changes: Sequence[Node]) -> list[Node]:
    """Members with what an instance or a child type says differently; new ones behind."""
    by_name = {str(one.get("name", "")): one for one in changes}
    made: list[Node] = []
    for one in own:
        change = by_name.pop(str(one.get("name", "")), None)
        if change is None:
            made.append(one)
            continue
        tags = _merged(_children(one), _children(change)) if _children(one) else _children(change)
        made.append({**one, **change, **({"tags": tags} if tags else {})})
    return [*made, *by_name.values()]


def _parameters(node: Node) -> dict[str, str]:
    told = node.get("parameters")
    if not isinstance(told, dict):
        return {}
    return {
        str(key): str(value.get("value", "") if isinstance(value, dict) else value)
        for key, value in told.items()
        if not isinstance(value, dict) or "value" in value
    }


def _bound(value: Any) -> str:
    """A text, or the binding that stands for one."""
    if isinstance(value, dict):
        return str(value.get("binding", value.get("value", "")))
    return "" if value is None else str(value)


def _filled(text: str, parameters: Mapping[str, str]) -> str:
    """With {parameter} replaced where it is known; a few rounds, for parameters made of others."""
    for _ in range(3):
        changed = _PARAMETER.sub(lambda found: parameters.get(found[1], found[0]), text)[:1_000]
        if changed == text:
            break
        text = changed
    return text


def _read_csv(text: str, name: str) -> Listed:
    """The CSV of 7.9: Path, Name, TagType, DataType, OPCItemPath …"""
    head, rows = rows_of(text, name)
    if not {"name", "opcitempath"} <= head:
        mend = Said(
            "请在 Ignition Designer 中导出为 JSON，或含 Path、Name、DataType、OPCItemPath 的 CSV",
            "export the tags in Ignition's designer as JSON, or as CSV with Path, Name, DataType, OPCItemPath",
        )
        what = Said("缺少列 Name、OPCItemPath", "the columns Name and OPCItemPath are missing")
        raise InvalidInput(what, name, mend, "no-tag-list")
    walk = _Walk(name)
    for where, cells in rows:
        if not cells.get("name") or cells.get("tagtype", "").lower() in ("folder", "6"):
            continue
        node = {
            "opcItemPath": cells.get("opcitempath", ""),
            "valueSource": "opc" if cells.get("opcitempath") else "memory",
            "dataType": _csv_type(cells.get("datatype", "")),
            "engUnit": cells.get("engunit", ""),
            "documentation": cells.get("documentation", "") or cells.get("tooltip", ""),
        }
        folders = tuple(part for part in cells.get("path", "").split("/") if part)
        walk._atomic(node, cells.get("name", ""), _Place(folders, {}), where)
    return walk.listed


def _csv_type(word: str) -> str:
    """Older exports write types as numbers."""
    numbered = ("Int1", "Int2", "Int4", "Int8", "Float4", "Float8", "Boolean", "String", "DateTime")
    return numbered[int(word)] if word.isdecimal() and int(word) < len(numbered) else word or "Int4"
