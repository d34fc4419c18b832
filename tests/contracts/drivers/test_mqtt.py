"""Promise: the MQTT driver keeps the contract of drivers."""

from typing import Any

import pytest

from kandelia.sdk.drivers import Driver, Item, Kind
from tests.contracts.drivers.suite import DriverContract, Peer, Rows, until
from tests.peers.brokered import Brokered, mqtt_device
from tests.peers.mosquitto import needs_mosquitto

pytestmark = [pytest.mark.slow, needs_mosquitto]
RULES = [
    {"topic": "plant/set", "value": "/v", "write_topic": "plant/set/cmd", "write_value": "/v", "write_type": "number"},
    {"topic": "plant/{name}", "value": "/v", "time": "/t", "time_format": "ms"},
]


class TestMqtt(DriverContract):
    name = "mqtt"
    good = tuple((f"plant/s{n}", Kind.FLOAT) for n in (1, 2, 3))
    unknown = "plant/nothing"
    malformed = "plant/+"
    writable = ("plant/set", 21.5, -4.0)
    unfit = ("plant/set", "warm")
    read_only = ("plant/s1", 1.0)
    wrong_settings = (
        ({"broker": None}, "broker"),
        ({"broker": "tcp://host"}, "broker"),
        ({"version": 4}, "version"),
        ({"qos": 2}, "qos"),
        ({"retained": True}, "retained"),
        ({"topics": [{"topic": "a/#"}]}, "topics[0].topic"),
        ({"password": "plain", "user": "me"}, "password"),
        ({"alive_s": 0}, "alive_s"),
        ({"timeout": 1}, "timeout"),
    )
    lost_s = 3 * 0.4

    @classmethod
    def make_peer(cls, port: int) -> Brokered:
        return mqtt_device(port)

    def settings(self, port: int) -> dict[str, Any]:
        return {"broker": f"mqtt://127.0.0.1:{port}", "alive_s": 0.4, "timeout_s": 1.0, "topics": RULES}

    async def test_what_cannot_be_had_is_named_and_the_others_go_on(self, driver: Driver, peer: Peer) -> None:
        """A broker knows no list of topics: one that nobody sends to is no error, it is only silent."""
        items = [*self.items(), Item(90, self.unknown, Kind.FLOAT, 100), Item(91, self.malformed, Kind.FLOAT, 100)]
        sink = Rows()
        async with self.opened(driver, peer.port) as session:
            refused = await session.collect(items, sink)
            assert set(refused) == {91} and ";" in refused[91]
            await until(lambda: all(sink.good(item.number) for item in self.items()))
            assert not sink.good(90)
