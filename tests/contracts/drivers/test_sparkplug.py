"""Promise: the Sparkplug driver keeps the contract of drivers."""

from typing import Any

import pytest

from kandelia.sdk.drivers import Driver, Item, Kind
from tests.contracts.drivers.suite import DriverContract, Peer, Rows, until
from tests.peers.brokered import Brokered, sparkplug_device
from tests.peers.mosquitto import needs_mosquitto
from tests.peers.sparkplug_node import needs_npm_node

pytestmark = [pytest.mark.slow, needs_mosquitto, needs_npm_node]
DEVICE = "G 1/节点/dev 1"


class Told(Rows):
    """A sink that also keeps faults."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def fault(self, what: str) -> None:
        self.faults.append(what)


class TestSparkplug(DriverContract):
    name = "sparkplug"
    good = tuple((f"{DEVICE}#s{n}", Kind.FLOAT) for n in (1, 2, 3))
    unknown = f"{DEVICE}#nothing"
    malformed = "rubbish"
    writable = (f"{DEVICE}#Set", 21.5, -4.0)
    unfit = (f"{DEVICE}#Set", "warm")
    read_only = ("G 1/节点#bdSeq", 1)
    wrong_settings = (
        ({"broker": None}, "broker"),
        ({"host_id": "a/b"}, "host_id"),
        ({"groups": ["#"]}, "groups"),
        ({"reorder_s": 0}, "reorder_s"),
        ({"rebirth_s": "x"}, "rebirth_s"),
        ({"client_id": "a"}, "client_id"),
        ({"password": "plain", "user": "me"}, "password"),
        ({"timeout": 1}, "timeout"),
    )
    lost_s = 3 * 0.4

    @classmethod
    def make_peer(cls, port: int) -> Brokered:
        return sparkplug_device(port)

    def settings(self, port: int) -> dict[str, Any]:
        short = {"alive_s": 0.4, "timeout_s": 1.0, "rebirth_s": 1.0, "reorder_s": 0.5}
        return {"broker": f"mqtt://127.0.0.1:{port}", **short}

    async def test_what_cannot_be_had_is_named_and_the_others_go_on(self, driver: Driver, peer: Peer) -> None:
        """What a node has is known with its birth, which comes later: what it lacks is told as a fault."""
        items = [*self.items(), Item(90, self.unknown, Kind.FLOAT, 100), Item(91, self.malformed, Kind.FLOAT, 100)]
        sink = Told()
        async with self.opened(driver, peer.port) as session:
            refused = await session.collect(items, sink)
            assert set(refused) == {91} and ";" in refused[91]
            await until(lambda: all(sink.good(item.number) for item in self.items()))
            await until(lambda: any("nothing" in fault for fault in sink.faults))
