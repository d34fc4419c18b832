"""Which signals the plant's field devices also tell over Modbus, and at which registers: a unit is a machine."""

from dataclasses import dataclass
from functools import cache

from kandelia_demo_plant.declaration import Kind
from kandelia_demo_plant.layout import Column
from kandelia_demo_plant.simulation import layout

GROUPS = ("main-meter", "meter", "dryer")  # meters and the like speak Modbus in a real plant
SPACING = 4  # registers a signal has, whatever it needs: as manuals of meters lay them out
PORT = 1502
TYPES = {Kind.FLOAT: "float32", Kind.INTEGER: "int64", Kind.BOOLEAN: "uint16", Kind.ENUMERATION: "uint16"}


@dataclass(frozen=True, slots=True)
class Register:
    """One signal: an input register of a unit, big-endian, and its type on the wire."""

    column: Column
    unit: int
    start: int
    type: str

    @property
    def address(self) -> str:
        """As a register map would print it."""
        return f"unit={self.unit};input={self.start};type={self.type}"


@cache
def register_map() -> dict[str, Register]:
    """By signal id; units count from 1 in plant order."""
    found: dict[str, Register] = {}
    units: dict[str, int] = {}
    for column in layout().columns:
        if column.machine.group in GROUPS and column.signal.kind in TYPES:
            unit = units.setdefault(column.machine.key, len(units) + 1)
            place = sum(one.unit == unit for one in found.values())
            found[column.id] = Register(column, unit, SPACING * place, TYPES[column.signal.kind])
    return found
