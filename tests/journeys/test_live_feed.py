"""Promise: a sample on the bus reaches an open socket, and the feed heals after the bus was killed."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import ClientConnection, unix_connect
from websockets.exceptions import ConnectionClosed

from kandelia.base.clock import NS_PER_S, SystemClock
from kandelia.base.errors import Unavailable
from kandelia.base.samples import Kind, encode, make_batch
from kandelia.boot.reporting import RoleReporter
from kandelia.boot.roles import live
from kandelia.boot.roles.contracts import RoleContext
from kandelia.boot.settings import Settings
from kandelia.engines.files.secrets import FileSecrets
from kandelia.engines.nats.bus import NatsBus, open_bus
from kandelia.engines.nats.server import NatsServer
from kandelia.kernel.access.tickets import REVOKED_SUBJECT, TICKET_SECRET, issue
from kandelia.kernel.connections.contracts import (
    SNAPSHOT_BUCKET,
    ConnectionDocument,
    ConnectionState,
    SignalEntry,
    State,
    connection_key,
    edge_subject,
    encode_document,
    state_subject,
)

pytestmark = pytest.mark.slow
CLOCK = SystemClock()


class Plant:
    """A bus with two connections of two organisations, and a live role."""

    def __init__(self, directory: Path) -> None:
        self.settings = Settings(directory=directory)
        self.secrets = FileSecrets(self.settings.secrets_directory)
        self.server = NatsServer(directory / "bus", self.secrets)
        self.bus: NatsBus
        self.context: RoleContext

    async def start(self) -> None:
        await self.server.start()
        self.bus = await open_bus((self.server.url,), self.server.login)
        bucket = await self.bus.key_value(SNAPSHOT_BUCKET)
        for organisation, number in (("a", 1), ("b", 2)):
            document = ConnectionDocument(
                "line", organisation, "s", "opcua", 1, signals=(SignalEntry(number, f"s.{number}", Kind.FLOAT),)
            )
            await bucket.put(connection_key(organisation, "line"), encode_document(document))
        role_bus = await open_bus((self.server.url,), self.server.login, name="live")
        self.context = RoleContext("live", self.settings, role_bus, self.secrets, CLOCK, RoleReporter("live", CLOCK))

    async def send(self, organisation: str, number: int, value: float) -> None:
        batch = make_batch([number], [CLOCK.now_ns()], value=value)
        await self.bus.publish(edge_subject(organisation, "s", "line"), encode(batch))

    def socket(self, subject: str = "person:1") -> unix_connect:
        secret = self.secrets.ensure(TICKET_SECRET, live.TICKET_SECRET_BYTES)
        ticket = issue(secret, "a", subject, CLOCK.now_ns())
        return unix_connect(str(self.settings.live_socket), uri=f"ws://localhost/live?ticket={ticket}")


@pytest.fixture
async def plant(tmp_path: Path) -> AsyncIterator[Plant]:
    plant = Plant(tmp_path)
    await plant.start()
    role = asyncio.create_task(live.run(plant.context))
    for _ in range(500):
        if plant.settings.live_socket.exists():
            break
        await asyncio.sleep(0.02)
    yield plant
    plant.context.stopping.set()
    await asyncio.wait_for(role, 60)
    assert not plant.settings.live_socket.exists()
    await plant.context.bus.close()
    await plant.bus.close()
    plant.server.stop()


async def until(socket: ClientConnection, fits: Any, deadline_s: float = 15.0) -> dict[str, Any]:
    async with asyncio.timeout(deadline_s):
        while True:
            message = json.loads(await socket.recv())
            if fits(message):
                return message


def holds(value: float) -> Any:
    return lambda message: any(row[2] == value for row in message.get("values", []))


async def test_from_the_bus_to_a_socket(plant: Plant) -> None:
    async with plant.socket() as socket:
        await socket.send(json.dumps({"subscribe": [1, 2], "connections": True}))
        assert (await until(socket, lambda m: "refused" in m))["refused"] in ([1, 2], [2])
        for _ in range(100):
            await plant.send("a", 1, 42.0)
            await plant.send("b", 2, 13.0)
            with contextlib.suppress(TimeoutError):
                found = await until(socket, holds(42.0), 0.5)
                break
        assert [row[0] for row in found["values"]] == [1]
        now = CLOCK.now_ns()
        state = ConnectionState("line", "a", "s", State.RUNNING, now, now, now)
        await plant.bus.publish(state_subject("a", "s", "line"), msgspec.json.encode(state))
        rows = (await until(socket, lambda m: m.get("connections")))["connections"]
        assert (rows[0]["id"], rows[0]["state"]) == ("line", "running")


async def test_garbage_on_the_bus_is_counted_and_survived(plant: Plant) -> None:
    async with plant.socket() as socket:
        await socket.send(json.dumps({"subscribe": [1]}))
        for data in (b"", b"garbage", b"\xff" * 100):
            await plant.bus.publish(edge_subject("a", "s", "line"), data)
            await plant.bus.publish(state_subject("a", "s", "line"), data)
        for _ in range(100):
            await plant.send("a", 1, 7.0)
            with contextlib.suppress(TimeoutError):
                await until(socket, holds(7.0), 0.5)
                return
    pytest.fail("the feed did not survive")


async def test_a_revoked_person_is_out_at_once(plant: Plant) -> None:
    async with plant.socket("person:9") as socket:
        await socket.send(json.dumps({"subscribe": [1]}))
        await until(socket, lambda m: "snapshot" in m)
        await plant.bus.publish(REVOKED_SUBJECT, b"person:9")
        with pytest.raises(ConnectionClosed):
            await until(socket, lambda m: False, 5.0)


async def test_it_goes_on_after_the_bus_was_killed(plant: Plant) -> None:
    async with plant.socket() as socket:
        await socket.send(json.dumps({"subscribe": [1]}))
        await until(socket, lambda m: "snapshot" in m)
        plant.server.kill()
        await asyncio.sleep(0.5)
        await plant.server.start()
        began = CLOCK.now_ns()
        while CLOCK.now_ns() - began < 40 * NS_PER_S:
            await asyncio.sleep(0.1)
            with contextlib.suppress(TimeoutError, Unavailable):
                await plant.send("a", 1, 99.0)
                await until(socket, holds(99.0), 0.5)
                return
    pytest.fail("no value came after the bus was back")


async def test_history_that_is_away_is_said(plant: Plant) -> None:
    for _ in range(200):
        if any(trouble.code == "live-history" for trouble in plant.context.reporter.troubles):
            return
        await asyncio.sleep(0.1)
    pytest.fail("nobody was told that history is away")
