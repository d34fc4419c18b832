"""Promise: the OPC UA driver keeps the contract of drivers."""

from typing import Any

import pytest

from kandelia.sdk.drivers import Kind
from tests.contracts.drivers.suite import DriverContract
from tests.peers.opcua_server import OpcUaPeer

pytestmark = pytest.mark.slow


class TestOpcUa(DriverContract):
    name = "opcua"
    good = tuple((OpcUaPeer.address(n), Kind.FLOAT) for n in (1, 2, 3))
    unknown = OpcUaPeer.address("Nothing")
    malformed = "rubbish"
    writable = (OpcUaPeer.address("Set"), 21.5, -4.0)
    unfit = (OpcUaPeer.address("Set"), "warm")
    read_only = (OpcUaPeer.address(1), 1.0)
    wrong_settings = (
        ({"endpoint": None}, "endpoint"),
        ({"endpoint": "http://host:1"}, "endpoint"),
        ({"policy": "Basic256"}, "policy"),
        ({"mode": 3}, "mode"),
        ({"trust": "all"}, "trust"),
        ({"publishing_ms": 1}, "publishing_ms"),
        ({"password": "plain", "user": "me"}, "password"),
        ({"plain_password": "yes"}, "plain_password"),
        ({"timeout": 1}, "timeout"),
    )
    lost_s = 3 * 0.4

    @classmethod
    def make_peer(cls, port: int) -> OpcUaPeer:
        return OpcUaPeer(port, signals=5, period_ms=50)

    def settings(self, port: int) -> dict[str, Any]:
        return {"endpoint": f"opc.tcp://127.0.0.1:{port}/", "publishing_ms": 100, "alive_s": 0.4, "timeout_s": 1.0}
