"""Tag lists of Kepware (KEPServerEX, "Export CSV" of a device's tags), after the vendor's documentation.

Sources: KEPServerEX V6 manual, "Tag Group" and "CSV Import and Export" (columns, data types, scaling); Modbus Ethernet
Driver manual, "Modbus Addressing" (0xxxxx, 1xxxxx, 3xxxxx, 4xxxxx with 5 or 6 digits, hexadecimal with H, ".bit", and
".nH" or ".nL" behind strings). No file of the vendor was used.
"""

import re
from collections.abc import Mapping

from kandelia.base.errors import InvalidInput
from kandelia.base.text import Said
from kandelia.kernel.transfers.logic.tags import SPLIT, TAGS_MAX, TOO_MANY, Listed, Tag, rows_of
from kandelia.kernel.transfers.logic.units import ucum

# data type → (kind, type in a register map)
TYPES = {
    "boolean": ("boolean", "bool"),
    "char": ("integer", "int16"),
    "byte": ("integer", "uint16"),
    "short": ("integer", "int16"),
    "word": ("integer", "uint16"),
    "long": ("integer", "int32"),
    "dword": ("integer", "uint32"),
    "llong": ("integer", "int64"),
    "qword": ("integer", "uint64"),
    "float": ("float", "float32"),
    "double": ("float", "float64"),
    "bcd": ("integer", "bcd16"),
    "lbcd": ("integer", "bcd32"),
    "string": ("text", "string"),
    "date": ("text", ""),
}
_ADDRESS = re.compile(
    r"(?P<table>[0134])(?P<hex>H?)(?P<number>[0-9A-F]{4,5})(?:\.(?P<part>\d{1,3})(?P<half>[HL]?))?", re.I
)
TABLES = {"0": "coil", "1": "discrete", "3": "input", "4": "holding"}


def read(text: str, name: str) -> Listed:
    """The tags; InvalidInput where this is no list of Kepware."""
    listed = Listed()
    head, rows = rows_of(text, name)
    if not {"tag name", "address", "data type"} <= head:
        mend = Said(
            "请在 Kepware 中用“Export CSV”导出设备的点", 'export the tags of a device in Kepware by "Export CSV"'
        )
        what = Said("缺少列 Tag Name、Address、Data Type", "the columns Tag Name, Address and Data Type are missing")
        raise InvalidInput(what, name, mend, "no-tag-list")
    for where, cells in rows:
        if cells.get("tag name"):
            _read_row(cells, where, listed)
        if len(listed.tags) > TAGS_MAX:
            raise InvalidInput(TOO_MANY, name, SPLIT, "too-many")
    return listed


def _read_row(cells: Mapping[str, str], where: str, listed: Listed) -> None:
    name, address = cells["tag name"], cells.get("address", "")
    data_type = cells.get("data type", "").lower()
    kind, register_type = TYPES.get(data_type, ("", ""))
    if not kind:
        unknown = Said(f"不认识数据类型“{data_type[:40]}”", f'the data type "{data_type[:40]}" is not known')
        arrays = Said("数组无法接管", "arrays cannot be taken")
        listed.wrong(where, name, arrays if "array" in data_type else unknown)
        return
    if not address:
        listed.wrong(where, name, Said("没有地址", "it has no address"))
        return
    scale = _scaling(cells)
    if scale is None:
        scaling = cells.get("scaling", "")[:40]
        listed.wrong(where, name, Said(f"换算“{scaling}”无法接管", f'the scaling "{scaling}" cannot be taken'))
        return
    if scale and kind == "integer":
        kind = "float"
    period = cells.get("scan rate", "")
    tag = Tag(
        where=where,
        path=tuple(part for part in name.split(".") if part),
        kind=kind,
        address=address,
        unit=ucum(cells.get("eng units", "")),
        description=cells.get("description", ""),
        period_ms=int(period) if period.isdecimal() and 0 < len(period) < 9 else 0,
        row={**modbus_row(address, register_type), **scale},
    )
    listed.tags.append(tag)


def modbus_row(address: str, register_type: str) -> dict[str, str]:
    """The address as columns of a register map; empty where it is none of Modbus."""
    found = _ADDRESS.fullmatch(address.strip())
    if found is None or (not found["hex"] and not found["number"].isdecimal()):
        return {}
    number = int(found["number"], 16 if found["hex"] else 10) - (0 if found["hex"] else 1)
    row = {"table": TABLES[found["table"]], "number": str(number)}
    bits = found["table"] in "01"
    if register_type == "string":
        length = found["part"] or ""
        return {
            **row,
            "format": "string",
            "length": length,
            **({"order": "BADC"} if found["half"].upper() == "L" else {}),
        }
    if found["part"]:
        return {**row, "bit": found["part"]}
    return row if bits else {**row, "format": register_type}


def _scaling(cells: Mapping[str, str]) -> dict[str, str] | None:
    """Scale and offset of a linear scaling; None where it is of another form or its numbers are wrong."""
    if cells.get("scaling", "").lower() in ("", "none"):
        return {}
    if cells["scaling"].lower() != "linear":
        return None
    try:
        raw_low, raw_high, low, high = (
            float(cells.get(name, "")) for name in ("raw low", "raw high", "scaled low", "scaled high")
        )
        scale = (high - low) / (raw_high - raw_low)
    except (ValueError, ZeroDivisionError):
        return None
    return {"scale": f"{scale:.12g}", "offset": f"{low - raw_low * scale:.12g}"}
