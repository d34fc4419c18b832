"""What a connection's settings say to this driver, checked key by key."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from kandelia.drivers.modbus.addresses import ORDERS, Defaults
from kandelia.drivers.modbus.frames import BITS_MAX, REGISTERS_MAX
from kandelia.sdk.drivers import InvalidInput

PORT = 502


@dataclass(frozen=True, slots=True)
class ModbusConfig:
    """One endpoint and how it is spoken to."""

    host: str
    port: int = PORT
    unit: int = 1  # of addresses that name none
    order: str = "ABCD"  # of addresses that name none
    timeout_s: float = 1.0
    connect_s: float = 4.0
    alive_s: float = 5.0
    in_flight: int = 4  # requests under way at once, of different units
    gap: int = 8  # registers that are read though nobody asks for them, to save a request
    registers_max: int = REGISTERS_MAX
    bits_max: int = BITS_MAX
    pause_ms: float = 0.0  # that a unit is left in peace between two requests

    @property
    def defaults(self) -> Defaults:
        """For addresses."""
        return Defaults(self.unit, self.order)

    @property
    def where(self) -> str:
        """For people."""
        return f"{self.host}:{self.port}"


_BOUNDS: dict[str, tuple[float, float]] = {
    "port": (1, 65_535),
    "unit": (0, 255),
    "timeout_s": (0.05, 60.0),
    "connect_s": (0.2, 15.0),
    "alive_s": (0.2, 3_600.0),
    "in_flight": (1, 16),  # MODBUS Messaging on TCP/IP V1.0b, 4.3.2: NumberMaxOfServerTransaction
    "gap": (0, 120),
    "registers_max": (1, REGISTERS_MAX),
    "bits_max": (1, BITS_MAX),
    "pause_ms": (0, 10_000),
}


def read_config(settings: Mapping[str, Any]) -> ModbusConfig:
    """The configuration; InvalidInput names the key that is wrong."""
    known = {field.name: field for field in fields(ModbusConfig)}
    for key in settings:
        if key not in known:
            raise _wrong(str(key), "this setting is not known", f"use {', '.join(known)}")
    order = settings.get("order", "ABCD")
    if not isinstance(order, str) or order.upper() not in ORDERS:
        raise _wrong("order", f'"{str(order)[:20]}" is no order of bytes', f"use {', '.join(ORDERS)}")
    numbers = {key: _number(settings, key, known[key].default, bounds) for key, bounds in _BOUNDS.items()}
    return ModbusConfig(host=_host(settings.get("host")), order=order.upper(), **numbers)


def _host(value: Any) -> str:
    mend = "write the name or address of the device, like 192.168.1.20; the port stands in port"
    if not isinstance(value, str) or not value.strip():
        raise _wrong("host", "the device's address is missing", mend)
    if len(value) > 253 or any(sign in value for sign in "/@ ") or (value.count(":") == 1):
        raise _wrong("host", f'"{value[:80]}" is no host', mend)
    return value.strip()


def _number(settings: Mapping[str, Any], key: str, default: Any, bounds: tuple[float, float]) -> Any:
    value = settings.get(key, default)
    low, high = bounds
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise _wrong(key, f"{str(value)[:40]} is out of range", f"give a number from {low:g} to {high:g}")
    if isinstance(default, int) and value != int(value):
        raise _wrong(key, f"{value} is no whole number", f"give a whole number from {low:g} to {high:g}")
    return type(default)(value)


def _wrong(key: str, what: str, mend: str) -> InvalidInput:
    return InvalidInput(what, where=f"settings.{key}", mend=mend, code="invalid-setting")
