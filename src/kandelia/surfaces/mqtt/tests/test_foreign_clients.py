"""Promise: clients that others wrote (paho, mosquitto's) find a broker, in MQTT 3.1.1 and 5, with any topic."""

import asyncio
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from kandelia.surfaces.mqtt.tests.stand import Stand, stand

WAIT_S = 60.0
VERSIONS = [paho.MQTTv311, paho.MQTTv5]


class Client:
    """A paho client in its own thread."""

    def __init__(
        self, port: int, user: str, *, version: int = paho.MQTTv311, id: str = "", clean: bool = True, secret: str = ""
    ) -> None:
        five = version == paho.MQTTv5
        self.paho = paho.Client(
            paho.CallbackAPIVersion.VERSION2, id, protocol=version, clean_session=None if five else clean
        )
        self.paho.username_pw_set(user, secret or f"secret-{user}")
        self.messages: list[paho.MQTTMessage] = []
        self.codes: list[str] = []
        self.present = False
        self.lost: list[Any] = []
        self._event = threading.Condition()
        self.paho.on_message = lambda _client, _data, message: self._note(self.messages, message)
        self.paho.on_subscribe = lambda _c, _d, _m, codes, _p: self._note(self.codes, *map(str, codes))
        self.paho.on_disconnect = lambda _c, _d, _f, reason, _p: self._note(self.lost, reason)
        self.paho.on_connect = lambda _c, _d, flags, reason, _p: self._connected(flags, reason)
        self.connack: list[str] = []
        properties = None
        if five and not clean:
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = 60
        self._open = lambda: self.paho.connect(
            "127.0.0.1", port, 5, **({"clean_start": clean, "properties": properties} if five else {})
        )

    def _connected(self, flags: Any, reason: Any) -> None:
        self.present = flags.session_present
        self._note(self.connack, str(reason))

    def _note(self, kept: list[Any], *what: Any) -> None:
        with self._event:
            kept += what
            self._event.notify_all()

    def open(self) -> "Client":
        self._open()
        self.paho.loop_start()
        self.until(lambda: bool(self.connack))
        return self

    def until(self, check: Any) -> None:
        with self._event:
            assert self._event.wait_for(check, WAIT_S), (self.messages, self.codes, self.connack, self.lost)

    def subscribe(self, wanted: str, qos: int = 1) -> str:
        before = len(self.codes)
        self.paho.subscribe(wanted, qos)
        self.until(lambda: len(self.codes) > before)
        return self.codes[-1]

    def publish(self, topic: str, payload: str, qos: int = 1, *, retain: bool = False) -> None:
        self.paho.publish(topic, payload, qos, retain).wait_for_publish(WAIT_S)

    def heard(self, count: int) -> list[tuple[str, str, int, bool]]:
        self.until(lambda: len(self.messages) >= count)
        return [(m.topic, m.payload.decode(), m.qos, m.retain) for m in self.messages]

    def close(self) -> None:
        self.paho.disconnect()
        self.paho.loop_stop()

    def die(self) -> None:
        """As a cut cable would end it."""
        self.paho.loop_stop()
        self.paho._sock_close()


@contextmanager
def client(made: Stand, user: str = "all", **more: Any) -> Iterator[Client]:
    one = Client(made.port, user, **more)
    try:
        yield one.open()
    finally:
        one.close()


@pytest.mark.parametrize("version", VERSIONS)
async def test_any_topic_each_qos(tmp_path: Path, version: int) -> None:
    def work(made: Stand) -> None:
        with client(made, version=version) as hears, client(made, version=version) as sends:
            assert "0x8" not in hears.subscribe("My Plant/#")
            topics = ["My Plant/炉 1/温度", "My Plant//x", "My Plant/*/>", "My Plant/" + "y" * 500]
            for qos, topic in enumerate([*topics, "My Plant"]):
                sends.publish(topic, topic, min(qos, 2))
            told = hears.heard(5)
        assert [t[0] for t in told] == [*topics, "My Plant"] and [t[2] for t in told] == [0, 1, 1, 1, 1]

    async with stand(tmp_path) as made:
        await asyncio.to_thread(work, made)


@pytest.mark.parametrize("version", VERSIONS)
async def test_retained_messages_and_wills(tmp_path: Path, version: int) -> None:
    def work(made: Stand) -> None:
        with client(made, version=version) as sends, client(made, version=version) as hears:
            sends.publish("r/1", "old", retain=True)
            sends.publish("r/1", "new", retain=True)
            sends.publish("r/2", "gone", retain=True)
            sends.publish("r/2", "", retain=True)
            hears.subscribe("r/+")
            assert hears.heard(1) == [("r/1", "new", 1, True)]
            sends.publish("r/1", "live", retain=True)
            assert hears.heard(2)[1] == ("r/1", "live", 1, False)
            for polite in (True, False):
                dies = Client(made.port, "all", version=version)
                dies.paho.will_set("r/will", "dead", 1, True)
                dies.open()
                (dies.close if polite else dies.die)()
            assert hears.heard(3)[2:] == [("r/will", "dead", 1, False)]

    async with stand(tmp_path) as made:
        await asyncio.to_thread(work, made)
        await made.listener.keep()
    async with stand(tmp_path) as made:

        def again() -> None:
            with client(made, version=version) as hears:
                hears.subscribe("r/#")
                assert {t[:2] for t in hears.heard(2)} == {("r/1", "live"), ("r/will", "dead")}, "kept over a restart"

        await asyncio.to_thread(again)


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_kept_session_gets_what_it_missed_and_is_taken_over(tmp_path: Path, version: int) -> None:
    def work(made: Stand) -> None:
        first = Client(made.port, "all", version=version, id="one", clean=False).open()
        assert not first.present
        first.subscribe("q/#")
        first.die()
        with client(made, version=version) as sends:
            for number in range(300):
                sends.publish("q/x", str(number))
            sends.publish("q/x", "not kept", 0)
        with client(made, version=version, id="one", clean=False) as second:
            assert second.present
            assert [t[1] for t in second.heard(300)] == [str(number) for number in range(300)]
            third = Client(made.port, "all", version=version, id="one", clean=False).open()
            second.until(lambda: bool(second.lost))
            if version == paho.MQTTv5:
                assert "taken over" in str(second.lost[0])
            second.paho.loop_stop()
            third.close()

    async with stand(tmp_path) as made:
        await asyncio.to_thread(work, made)


async def test_topic_aliases_and_what_is_refused_in_words(tmp_path: Path) -> None:
    def work(made: Stand) -> None:
        with client(made, version=paho.MQTTv5) as hears, client(made, version=paho.MQTTv5) as sends:
            hears.subscribe("a/#")
            for topic in ("a/long/name", ""):
                properties = Properties(PacketTypes.PUBLISH)
                properties.TopicAlias = 3
                sends.paho.publish(topic, "x", 1, False, properties)
            assert [t[0] for t in hears.heard(2)] == ["a/long/name"] * 2
            assert "Shared" in hears.subscribe("$share/g/a/#"), "refused, not granted and silent"

    async with stand(tmp_path) as made:
        await asyncio.to_thread(work, made)


@pytest.mark.skipif(not shutil.which("mosquitto_sub"), reason="apt-get install mosquitto-clients")
@pytest.mark.parametrize("version", ["mqttv311", "mqttv5"])
async def test_mosquittos_clients(tmp_path: Path, version: str) -> None:
    def run(made: Stand, program: str, *more: str) -> "subprocess.Popen[str]":
        command = [program, "-p", str(made.port), "-V", version, "-u", "all", "-P", "secret-all", "-q", "1", *more]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def work(made: Stand) -> None:
        assert run(made, "mosquitto_pub", "-t", "m 1/a", "-m", "kept", "-r").wait(WAIT_S) == 0
        hears = run(made, "mosquitto_sub", "-t", "m 1/#", "-C", "2", "-F", "%t|%p|%r")
        assert hears.stdout is not None and hears.stdout.readline() == "m 1/a|kept|1\n"
        assert run(made, "mosquitto_pub", "-t", "m 1/b", "-m", "中文").wait(WAIT_S) == 0
        assert hears.communicate(timeout=WAIT_S)[0] == "m 1/b|中文|0\n"
        wrong = run(made, "mosquitto_pub", "-t", "a", "-m", "x", "-P", "wrong")
        said = wrong.communicate(timeout=WAIT_S)[1].lower()
        assert wrong.returncode and ("authori" in said or "password" in said)

    async with stand(tmp_path) as made:
        await asyncio.to_thread(work, made)
