"""Texts on the wire: what the codes of orders, products, programs and moulds read as."""

from datetime import UTC, datetime, timedelta

from kandelia_demo_plant.layout import Column
from kandelia_demo_plant.schedule import ORDERS_A_DAY_MAX

_FIRST = datetime(1970, 1, 1, tzinfo=UTC)
PRODUCT_NAMES = ("GW-200", "PLC-16R", "SENS-T4", "HMI-07", "DRV-3K", "BMS-48")
MOULD_NAMES = ("M-COVER-A", "M-BASE-A", "M-CLIP-8", "M-COVER-B", "M-FRAME", "M-KNOB")


def words(column: Column, code: int) -> str:
    """The text of a text signal's code."""
    key, owner = column.signal.key, column.machine.line or column.machine.key
    if key == "product":
        return PRODUCT_NAMES[code]
    if key == "mould":
        return MOULD_NAMES[code]
    if key == "program":
        return f"{PRODUCT_NAMES[code]}-{column.machine.group.upper()}-R{code + 3}"
    day, index = divmod(code, ORDERS_A_DAY_MAX)
    prefix = "MO" if key == "order" else "LOT"
    return f"{prefix}-{_FIRST + timedelta(days=day):%y%m%d}-{owner.upper()}-{index + 1:02d}"
