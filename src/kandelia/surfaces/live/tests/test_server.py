"""Promise: a socket opens only by right, sees only its own, never grows a queue, and closes when revoked."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import Server
from websockets.exceptions import ConnectionClosed, InvalidStatus

from kandelia.base.clock import NS_PER_S, SystemClock
from kandelia.base.samples import make_batch
from kandelia.kernel.access.tickets import issue
from kandelia.kernel.connections.contracts import ConnectionState, State
from kandelia.surfaces.live import clients
from kandelia.surfaces.live import hub as hubs
from kandelia.surfaces.live import server as servers
from kandelia.surfaces.live.hub import Hub
from kandelia.surfaces.live.server import LiveServer
from kandelia.surfaces.live.states import StateBoard
from kandelia.surfaces.live.values import NewestValues

SECRET = b"s" * 32
CLOCK = SystemClock()


class House:
    """A listening live server, and how to reach it."""

    def __init__(self) -> None:
        self.hub = Hub(NewestValues(), StateBoard(), CLOCK)
        self.hub.values.track({1: "a", 2: "a", 3: "b"})
        self.server = LiveServer(self.hub, SECRET, CLOCK, sockets_max=5)
        self.listening: Server

    def sample(self, number: int, value: float, organisation: str = "a") -> None:
        self.hub.values.apply(make_batch([number], [CLOCK.now_ns()], value=[value]), organisation, CLOCK.now_ns())

    def address(self, ticket: str) -> str:
        port = self.listening.sockets[0].getsockname()[1]
        return f"ws://127.0.0.1:{port}/live?ticket={ticket}"

    def open(self, subject: str = "person:1", *, signals: tuple[int, ...] | None = None, **more: object) -> connect:
        ticket = issue(SECRET, "a", subject, CLOCK.now_ns(), signals)
        return connect(self.address(ticket), compression=None, **more)  # type: ignore[arg-type]


@pytest.fixture
async def house() -> AsyncIterator[House]:
    house = House()
    house.listening = await house.server.open(None)
    yield house
    house.listening.close()
    await house.listening.wait_closed()


async def say(socket: ClientConnection, **message: object) -> None:
    await socket.send(json.dumps(message))


async def hear(socket: ClientConnection, key: str) -> dict[str, object]:
    async with asyncio.timeout(60):
        while True:
            message = json.loads(await socket.recv())
            if key in message:
                return message


async def test_snapshot_then_deltas(house: House) -> None:
    house.sample(1, 1.0)
    house.hub.tick()
    async with house.open() as socket:
        await say(socket, subscribe=[1, 2], connections=True)
        first = await hear(socket, "snapshot")
        assert [(row[0], row[2], row[3]) for row in first["snapshot"]] == [(1, 1.0, 0)]
        assert first["connections"] == []
        assert abs(first["now_ms"] - CLOCK.now_ns() / 1e6) < 5_000
        house.sample(2, 2.0)
        house.hub.tick()
        assert [row[2] for row in (await hear(socket, "values"))["values"]] == [2.0]


async def test_only_the_tickets_signals(house: House) -> None:
    house.sample(3, 3.0, "b")
    house.sample(2, 2.0)
    async with house.open(signals=(1,)) as socket:
        await say(socket, subscribe=[1, 2, 3, 99])
        assert (await hear(socket, "refused"))["refused"] == [2, 3, 99]
        assert (await hear(socket, "snapshot"))["snapshot"] == []


async def test_a_signal_that_appears_later_is_told(house: House) -> None:
    async with house.open() as socket:
        await say(socket, subscribe=[7])
        await hear(socket, "snapshot")
        house.hub.values.track({7: "a"})
        house.hub.regroup_all()
        house.sample(7, 7.0)
        house.hub.tick()
        assert (await hear(socket, "values"))["values"][0][2] == 7.0


async def test_connection_states_reach_their_organisation_only(house: House) -> None:
    now = CLOCK.now_ns()
    async with house.open() as socket:
        await say(socket, subscribe=[], connections=True)
        await hear(socket, "snapshot")
        for organisation in ("a", "b"):
            state = ConnectionState("line-1", organisation, "s", State.BACKING_OFF, now, now, now, error="no answer")
            house.hub.states.apply(state)
        house.hub.tick()
        rows = (await hear(socket, "connections"))["connections"]
        assert [(row["id"], row["state"], row["error"]) for row in rows] == [("line-1", "backing-off", "no answer")]


@pytest.mark.parametrize("ticket", ["", "x", "a.b", "e30=.e30="])
async def test_no_ticket_no_socket(house: House, ticket: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await connect(house.address(ticket))
    assert refused.value.response.status_code == 403


async def test_a_ticket_is_short_lived_and_opens_one_socket(house: House) -> None:
    old = issue(SECRET, "a", "person:1", CLOCK.now_ns() - 60 * NS_PER_S)
    with pytest.raises(InvalidStatus):
        await connect(house.address(old))
    ticket = issue(SECRET, "a", "person:1", CLOCK.now_ns())
    async with connect(house.address(ticket)):
        for spelling in (ticket, ticket.replace(".", "!."), f"{ticket}*"):
            with pytest.raises(InvalidStatus):
                await connect(house.address(spelling))


async def test_another_origin_is_refused(house: House) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await house.open(origin="http://elsewhere.example")
    assert refused.value.response.status_code == 403
    port = house.listening.sockets[0].getsockname()[1]
    async with house.open(origin=f"http://127.0.0.1:{port}"):
        assert len(house.hub.clients) == 1


async def test_sockets_are_counted(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "SOCKETS_PER_SUBJECT_MAX", 2)
    async with house.open(), house.open(), house.open("person:2"), house.open("person:3"):
        with pytest.raises(InvalidStatus) as too_many:
            await house.open()
        assert too_many.value.response.status_code == 429
        async with house.open("person:4"):
            with pytest.raises(InvalidStatus) as full:
                await house.open("person:5")
            assert full.value.response.status_code == 503


async def test_revoking_closes_at_once(house: House) -> None:
    async with house.open("person:1") as gone, house.open("person:2") as kept:
        for socket in (gone, kept):
            await say(socket, subscribe=[1])
            await hear(socket, "snapshot")
        await house.server.revoke("person:1")
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(gone.recv(), 60)
        await say(kept, ping=4)
        assert (await hear(kept, "pong"))["pong"] == 4


async def test_a_ticket_from_before_a_revocation_opens_nothing(house: House) -> None:
    before = issue(SECRET, "a", "person:1", CLOCK.now_ns())
    await house.server.revoke("person:1")
    with pytest.raises(InvalidStatus) as refused:
        await connect(house.address(before))
    assert refused.value.response.status_code == 403
    async with house.open("person:1"), house.open("person:2"):
        assert len(house.hub.clients) == 2


async def test_no_socket_outlives_its_time(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "LIFE_S_MAX", 0.2)
    async with house.open() as socket:
        with pytest.raises(ConnectionClosed) as closed:
            await asyncio.wait_for(socket.recv(), 60)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == servers.TRY_AGAIN
    async with asyncio.timeout(60):
        while house.hub.clients:
            await asyncio.sleep(0.01)


async def test_asking_again_without_reading_fills_no_memory(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.sample(1, 1.0)
    async with house.open() as socket:
        await say(socket, subscribe=[1])
        await hear(socket, "snapshot")
        monkeypatch.setattr(clients, "BUFFER_BYTES_MAX", -1)
        await say(socket, subscribe=[1, 1])
        await say(socket, ping=1)
        assert "pong" in json.loads(await asyncio.wait_for(socket.recv(), 60))
        monkeypatch.setattr(clients, "BUFFER_BYTES_MAX", 20_000)
        house.hub.tick()
        assert [row[2] for row in (await hear(socket, "values"))["values"]] == [1.0]


async def test_garbage_is_answered_and_survived(house: House) -> None:
    async with house.open() as socket:
        for text in ("", "{", "[]", "null", '{"subscribe":["x"]}', '{"subscribe":[1.5]}', '{"other":1}', b"\xff\xfe"):
            await socket.send(text)
            await hear(socket, "error")
        await say(socket, subscribe=list(range(1, hubs.NUMBERS_MAX + 2)))
        await hear(socket, "error")
        await say(socket, subscribe=[-1, 0, 2**40, 1])
        await hear(socket, "snapshot")


async def test_a_client_that_talks_too_much_is_closed(house: House) -> None:
    async with house.open() as socket:
        for number in range(int(clients.MESSAGES_BURST) + 30):
            await say(socket, ping=number)
        with pytest.raises(ConnectionClosed) as closed:
            async with asyncio.timeout(60):
                while True:
                    await socket.recv()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008


async def test_a_slow_reader_gets_the_newest_or_is_dropped(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "BUFFER_BYTES_MAX", 20_000)
    house.hub.values.track(dict.fromkeys(range(1, 2001), "a"))
    async with house.open(max_queue=1, close_timeout=0.2) as socket:
        await say(socket, subscribe=list(range(1, 2_001)))
        await hear(socket, "snapshot")
        for turn in range(400):
            house.hub.values.apply(
                make_batch(range(1, 2_001), [CLOCK.now_ns()] * 2_000, value=float(turn)), "a", CLOCK.now_ns()
            )
            house.hub.tick()
            await asyncio.sleep(0)
        (client,) = house.hub.clients
        assert client.connection.transport.get_write_buffer_size() < 500_000
        assert len(client.owed) == 2_000
        monkeypatch.setattr(clients, "SLOW_S_MAX", 0.0)
        await asyncio.sleep(0.01)
        house.hub.tick()
        assert house.hub.dropped == 1
        assert not house.hub.clients


async def test_a_slow_reader_that_wakes_ends_on_the_newest(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async with house.open() as socket:
        await say(socket, subscribe=[1])
        await hear(socket, "snapshot")
        monkeypatch.setattr(clients, "BUFFER_BYTES_MAX", -1)
        for value in (1.0, 2.0, 3.0):
            house.sample(1, value)
            house.hub.tick()
        monkeypatch.setattr(clients, "BUFFER_BYTES_MAX", 20_000)
        house.hub.tick()
        assert [row[2] for row in (await hear(socket, "values"))["values"]] == [3.0]


async def test_listens_on_a_socket_only_we_can_open(house: House, tmp_path: Path) -> None:
    path = tmp_path / "run" / "live.sock"
    listening = await house.server.open(path)
    try:
        assert path.stat().st_mode & 0o777 == 0o600
    finally:
        listening.close()
        await listening.wait_closed()
