"""Promise: the Modbus TCP driver keeps the contract of drivers."""

from typing import Any

from kandelia.sdk.drivers import Kind
from tests.contracts.drivers.suite import DriverContract
from tests.peers.modbus_server import ModbusPeer


class TestModbus(DriverContract):
    name = "modbus"
    good = (
        ("holding=0;type=uint32", Kind.INTEGER),
        ("holding=2;type=float32", Kind.FLOAT),
        ("unit=2;input=7", Kind.FLOAT),
        ("coil=3", Kind.BOOLEAN),
    )
    unknown = "holding=500"
    malformed = "rubbish"
    writable = ("holding=20;type=float32;order=CDAB", 3.25, -8.5)
    unfit = ("holding=22;type=int16", 70_000)
    read_only = ("input=3", 1)
    wrong_settings = (
        ({"host": None}, "host"),
        ({"host": "tcp://device"}, "host"),
        ({"host": "device:502"}, "host"),
        ({"port": 0}, "port"),
        ({"port": "502"}, "port"),
        ({"unit": 256}, "unit"),
        ({"unit": 1.5}, "unit"),
        ({"order": "ACBD"}, "order"),
        ({"timeout_s": float("nan")}, "timeout_s"),
        ({"in_flight": 0}, "in_flight"),
        ({"gap": 200}, "gap"),
        ({"registers_max": 126}, "registers_max"),
        ({"bits_max": True}, "bits_max"),
        ({"timeout": 1}, "timeout"),
    )
    lost_s = 0.4 + 2 * 0.3

    @classmethod
    def make_peer(cls, port: int) -> ModbusPeer:
        return ModbusPeer(port, units=(1, 2))

    def settings(self, port: int) -> dict[str, Any]:
        return {"host": "127.0.0.1", "port": port, "timeout_s": 0.3, "alive_s": 0.4}
