"""A row of a device's register map, as manuals and tag lists print it, as an address."""

from collections.abc import Mapping

from kandelia.drivers.modbus.addresses import Table, parse, wrong

COLUMNS = ("address", "device", "table", "number", "register", "format", "order", "bit", "length", "scale", "offset")


def address_of(row: Mapping[str, str]) -> str:
    """The address in `address`, or one put together from the columns of a register map.

    `register` (40010) or `table` and `number` (holding, 9) say where; `device` is the unit; `format` is the type
    (float32 …). InvalidInput says which column is wrong.
    """
    cells = {key: (row.get(key) or "").strip() for key in COLUMNS}
    if cells["address"]:
        parse(cells["address"])
        return cells["address"]
    where = [f"register={cells['register']}"] if cells["register"] else _placed(cells)
    parts = [f"unit={cells['device']}"] if cells["device"] else []
    parts += where
    parts += [f"type={cells['format'].lower()}"] if cells["format"] else []
    parts += [f"{key}={cells[key]}" for key in ("order", "bit", "length", "scale", "offset") if cells[key]]
    text = ";".join(parts)
    parse(text)
    return text


def _placed(cells: Mapping[str, str]) -> list[str]:
    if cells["table"].lower() not in [str(table) for table in Table] or not cells["number"]:
        mend = "fill in register (like 40010), or table (holding, input, coil, discrete) and number, or address"
        raise wrong(cells["table"], "the row does not say where the value stands", mend)
    return [f"{cells['table'].lower()}={cells['number']}"]
