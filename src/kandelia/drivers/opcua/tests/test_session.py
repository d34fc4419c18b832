"""Promise: against a real server in its own process, every refusal is told in a person's words and leaving is quick."""

import asyncio
import time
from pathlib import Path

import pytest

from kandelia.drivers.opcua.driver import OpcUaDriver
from kandelia.sdk.drivers import InvalidInput, Item, Kind, NotAllowed, NotFound, Unavailable
from tests.peers.opcua_server import OpcUaPeer, opcua_peer
from tests.peers.ports import free_port

pytestmark = pytest.mark.slow
SECRET = {"pw": "right"}


class Rows:
    """A sink that keeps everything."""

    def __init__(self) -> None:
        self.rows: list[tuple] = []
        self.lives = 0

    def add(self, numbers, times_ns, qualities, values, lost_before=()) -> None:
        assert not lost_before
        self.rows += zip(numbers, times_ns, qualities, values, strict=True)

    def alive(self) -> None:
        self.lives += 1

    def dropped(self, count: int) -> None:
        raise AssertionError(f"{count} dropped")


@pytest.fixture
def driver(tmp_path: Path) -> OpcUaDriver:
    made = OpcUaDriver()
    made.keep_in(tmp_path / "opcua")
    return made


async def opened(driver: OpcUaDriver, secrets=SECRET, **settings):
    return await driver.open(driver.configure({"timeout_s": 2, "alive_s": 0.5, **settings}), secrets)


async def until(condition, wait_s: float = 10.0) -> None:
    async with asyncio.timeout(wait_s):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
def peer():
    with opcua_peer(free_port(), signals=30, period_ms=100) as running:
        yield running


async def test_types_arrive_as_they_are(driver: OpcUaDriver, peer: OpcUaPeer) -> None:
    session = await opened(driver, endpoint=peer.endpoint, publishing_ms=100)
    kinds = {"Odd.Flag": Kind.BOOLEAN, "Odd.Int64": Kind.INTEGER, "Odd.UInt64": Kind.INTEGER, "Odd.Float": Kind.FLOAT}
    kinds |= {"Odd.Text": Kind.TEXT, "Odd.Time": Kind.TEXT, "Odd.Localized": Kind.TEXT}
    items = [Item(n, peer.address(name), kind, 100) for n, (name, kind) in enumerate(kinds.items(), 1)]
    sink = Rows()
    try:
        assert await session.collect(items, sink) == {}
        await until(lambda: {row[0] for row in sink.rows if row[3] is not None} == set(range(1, 8)))
        await until(lambda: any(row[:1] == (3,) and row[2:] == (0x803C, None) for row in sink.rows))
        by_time = {}
        for number, at, _quality, value in sink.rows:
            by_time.setdefault(at, {})[number] = value
        whole = next(values for values in by_time.values() if len(values) == 7)
        step = int(whole[4] * 2)
        assert whole[1] is (step % 2 == 1) and whole[2] == 2**53 + step and whole[5] == f"步骤 {step}"
        assert whole[7] == f"step {step}" and whole[6].startswith("2026-01-01T00:")
    finally:
        await session.close()


async def test_items_that_cannot_be_had_are_named_and_the_others_go_on(driver: OpcUaDriver, peer: OpcUaPeer) -> None:
    session = await opened(driver, endpoint=peer.endpoint, publishing_ms=100, items_per_call=7)
    items = [Item(n + 1, peer.address(n), Kind.FLOAT, 100) for n in range(30)]
    bad = {
        "Odd.Array": "array",
        "Odd.Text": "String",
        "Nothing": "BadNodeIdUnknown",
        "Signals": "BadAttributeIdInvalid",
    }
    items += [Item(100 + n, peer.address(name), Kind.FLOAT, 100) for n, name in enumerate(bad)]
    items += [Item(200, "nsu=urn:nowhere;s=a", Kind.FLOAT, 100), Item(201, "rubbish", Kind.FLOAT, 100)]
    sink = Rows()
    try:
        refused = await session.collect(items, sink)
        assert set(refused) == {100, 101, 102, 103, 200, 201}
        for number, word in zip(range(100, 104), bad.values(), strict=True):
            assert word in refused[number]
        await until(lambda: {row[0] for row in sink.rows} == set(range(1, 31)))
    finally:
        await session.close()


async def test_periods_share_few_subscriptions(driver: OpcUaDriver, peer: OpcUaPeer) -> None:
    session = await opened(driver, endpoint=peer.endpoint)
    periods = [10, 100, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 3_600_000]
    items = [Item(n + 1, peer.address(n), Kind.FLOAT, period) for n, period in enumerate(periods)]
    try:
        assert await session.collect(items, Rows()) == {}
        assert len(session._subscriptions.groups) == 4
        assert await session.collect(items[:3], Rows()) == {}
        assert set(session._subscriptions.collected) == {1, 2, 3}
    finally:
        await session.close()


async def test_browsing_tells_kind_unit_and_access(driver: OpcUaDriver, peer: OpcUaPeer) -> None:
    session = await opened(driver, endpoint=peer.endpoint)
    try:
        (folder,) = [node for node in await session.browse("") if node.name == "Signals"]
        assert folder.has_children and folder.kind is None
        nodes = {node.name: node for node in await session.browse(folder.address)}
        first = nodes["Signal 0"]
        assert (first.kind, first.unit, first.writable, first.address) == (Kind.FLOAT, "°C", True, peer.address(0))
        assert nodes["Signal 1"].writable is False
        assert nodes["Array"].kind is None and nodes["Array"].details["type"] == "Double array"
        assert nodes["Int64"].kind is Kind.INTEGER and nodes["Flag"].kind is Kind.BOOLEAN
        with pytest.raises(NotFound):
            await session.browse(peer.address("Nothing"))
        with pytest.raises(InvalidInput):
            await session.browse("rubbish")
    finally:
        await session.close()


async def test_leaving_takes_no_time(driver: OpcUaDriver, peer: OpcUaPeer) -> None:
    before = asyncio.all_tasks()
    session = await opened(driver, endpoint=peer.endpoint)
    await session.collect([Item(1, peer.address(0), Kind.FLOAT, 100)], Rows())
    began = time.monotonic()
    await session.close()
    await session.close()
    assert time.monotonic() - began < 3
    await asyncio.sleep(0.1)
    assert asyncio.all_tasks() == before, "no task is left behind"


async def test_who_does_not_answer_is_tried_again(driver: OpcUaDriver) -> None:
    with pytest.raises(Unavailable) as caught:
        await opened(driver, endpoint=f"opc.tcp://127.0.0.1:{free_port()}/")
    assert "listens" in caught.value.what
    async with await asyncio.start_server(lambda *_: None, "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        with pytest.raises(Unavailable) as caught:
            await opened(driver, endpoint=f"opc.tcp://127.0.0.1:{port}/")
        assert "no answer within 2 s" in caught.value.what


async def test_a_wrong_password_is_refused(driver: OpcUaDriver) -> None:
    with opcua_peer(free_port(), password="right") as peer:
        login = {"endpoint": peer.endpoint, "user": "operator", "password": {"secret": "pw"}}
        await (await opened(driver, **login)).close()
        with pytest.raises(NotAllowed) as caught:
            await opened(driver, {"pw": "wrong"}, **login)
        assert "user and password" in caught.value.what
        with pytest.raises(NotAllowed):
            await opened(driver, endpoint=peer.endpoint)
        with pytest.raises(InvalidInput) as missing:
            await opened(driver, {}, **login)
        assert missing.value.where == "settings.password"


async def test_certificates_are_believed_only_when_a_person_or_the_first_use_said_so(
    driver: OpcUaDriver, tmp_path: Path
) -> None:
    (tmp_path / "server").mkdir()
    with opcua_peer(free_port(), password="right", certificates=str(tmp_path / "server")) as peer:
        secure = {"endpoint": peer.endpoint, "policy": "basic256sha256", "user": "operator"}
        secure |= {"password": {"secret": "pw"}}
        with pytest.raises(Unavailable) as caught:
            await opened(driver, **secure)
        assert caught.value.code == "certificate-untrusted" and "fingerprint" in caught.value.mend
        (rejected,) = (tmp_path / "opcua" / "rejected").iterdir()
        with pytest.raises(InvalidInput) as none:
            await opened(driver, **{**secure, "policy": "aes256-sha256-rsapss"})
        assert none.value.where == "settings.policy"
        trusted = tmp_path / "opcua" / "trusted"
        trusted.mkdir()
        rejected.rename(trusted / "server.der")
        session = await opened(driver, **secure, publishing_ms=100)
        sink = Rows()
        await session.collect([Item(1, peer.address(0), Kind.FLOAT, 100)], sink)
        await until(lambda: len(sink.rows) > 3)
        await session.close()
        (trusted / "server.der").unlink()
        await (await opened(driver, **secure, trust="first-use")).close()
        (pinned,) = (tmp_path / "opcua" / "pinned").iterdir()
        await (await opened(driver, **secure, trust="first-use")).close()
        pinned.write_bytes(b"another server's certificate")
        with pytest.raises(Unavailable) as changed:
            await opened(driver, **secure, trust="first-use")
        assert str(pinned) in changed.value.mend
    key = tmp_path / "opcua" / "own" / "key.pem"
    assert key.stat().st_mode & 0o077 == 0
