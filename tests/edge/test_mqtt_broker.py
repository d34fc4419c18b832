"""Promise: a broker is entered only with what it asks and believed only when it proves itself; its topics are found."""

import asyncio
import datetime
import ipaddress
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kandelia.base.errors import InvalidInput, NotAllowed, NotFound, Unavailable
from kandelia.base.samples import Kind
from kandelia.drivers.mqtt.driver import driver
from kandelia.kernel.connections.drivers import Item
from tests.peers.mosquitto import Mosquitto, mosquitto, needs_mosquitto
from tests.peers.ports import free_port

pytestmark = needs_mosquitto
PASSWORD = "right"


class Kept:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, object]] = []
        self.faults: list[str] = []
        self.news = asyncio.Event()

    def add(
        self, numbers: Sequence[int], times_ns: object, qualities: object, values: Sequence[object], *_: object
    ) -> None:
        self.rows += zip(numbers, values, strict=True)
        self.news.set()

    def alive(self) -> None:
        pass

    def fault(self, what: str) -> None:
        self.faults.append(what)

    def dropped(self, count: int) -> None:
        raise AssertionError

    async def until(self, count: int) -> list[tuple[int, object]]:
        async with asyncio.timeout(60):
            while len(self.rows) < count:
                self.news.clear()
                await self.news.wait()
        return self.rows


@pytest.mark.parametrize("version", ["3.1.1", "5"])
async def test_a_wrong_password_is_refused_in_words(tmp_path: Path, version: str) -> None:
    with mosquitto(tmp_path / "b", user="edge", password=PASSWORD) as broker:
        settings = {"broker": broker.address, "user": "edge", "password": {"secret": "s"}, "version": version}
        config = driver.configure(settings)
        with pytest.raises(NotAllowed, match="not authorised"):
            await driver.open(config, {"s": "wrong"})
        with pytest.raises(InvalidInput, match="no secret"):
            await driver.open(config, {})
        session = await driver.open(config, {"s": PASSWORD})
        await session.close()


async def test_where_nobody_listens_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be reached"):
        await driver.open(driver.configure({"broker": f"mqtt://127.0.0.1:{free_port()}"}), {})


def authority(directory: Path) -> tuple[str, str]:
    """A certificate for 127.0.0.1 that signed itself, and its key."""
    directory.mkdir()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(
            name, name, key.public_key(), x509.random_serial_number(), now, now + datetime.timedelta(1)
        )
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = directory / "certificate.pem", directory / "key.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    form = serialization.PrivateFormat.PKCS8
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    return str(certificate), str(secret)


async def test_a_certificate_is_believed_only_with_its_authority(tmp_path: Path) -> None:
    certificates = authority(tmp_path / "ca")
    with mosquitto(tmp_path / "b", certificates=certificates) as broker:
        with pytest.raises(Unavailable) as raised:
            await driver.open(driver.configure({"broker": broker.address}), {})
        assert raised.value.code == "certificate-untrusted" and "authority" in raised.value.mend
        pem = Path(certificates[0]).read_text()
        session = await driver.open(driver.configure({"broker": broker.address, "authority": pem}), {})
        kept = Kept()
        assert not await session.collect([Item(1, "a", Kind.TEXT, 100)], kept)
        sender = await driver.open(driver.configure({"broker": broker.address, "authority": pem}), {})
        await sender._link.publish("a", b"x" * 100_000, qos=1)
        assert await kept.until(1) == [(1, "x" * 100_000)]
        await asyncio.gather(sender.close(), session.close())


async def test_changed_signals_keep_what_stays(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "b") as broker:
        session = await driver.open(driver.configure({"broker": broker.address}), {})
        kept = Kept()
        stays, goes, comes = (
            Item(1, "a/x", Kind.FLOAT, 100),
            Item(2, "b", Kind.FLOAT, 100),
            Item(3, "a/x", Kind.TEXT, 100),
        )
        await session.collect([stays, goes], kept)
        sending = asyncio.create_task(send(broker, "a/x", 40))
        await asyncio.sleep(0.05)
        assert not await session.collect([stays, comes], kept)
        await sending
        await asyncio.to_thread(broker.publish, "b", "1")
        await asyncio.to_thread(broker.publish, "a/x", "end")
        await kept.until(41)
        while kept.rows[-1] != (3, "end"):
            await kept.until(len(kept.rows) + 1)
        assert [value for number, value in kept.rows if number == 1][:40] == [float(i) for i in range(40)]
        assert 2 not in {number for number, _ in kept.rows}
        await session.close()


async def send(broker: Mosquitto, topic: str, count: int) -> None:
    sender = await driver.open(driver.configure({"broker": broker.address}), {})
    for number in range(count):
        await sender._link.publish(topic, str(number).encode(), qos=1)
    await sender.close()


async def test_browsing_lists_seen_topics_and_their_values(tmp_path: Path) -> None:
    with mosquitto(tmp_path / "b") as broker:
        broker.publish("Plant 1/炉/data", '{"zones": [{"v": 1.5, "name": "a"}], "on": true}', "-r")
        broker.publish("Plant 1/speed", "12.5", "-r")
        session = await driver.open(driver.configure({"broker": broker.address}), {})
        top = await session.browse("")
        assert [(node.address, node.has_children) for node in top] == [("Plant 1/", True)]
        below = {node.address: node for node in await session.browse("Plant 1/")}
        assert set(below) == {"Plant 1/炉/", "Plant 1/speed"} and below["Plant 1/speed"].kind is Kind.FLOAT
        (data,) = await session.browse("Plant 1/炉/")
        values = {node.address: node.kind for node in await session.browse(data.address)}
        assert values == {
            "Plant 1/炉/data#/zones/0/v": Kind.FLOAT,
            "Plant 1/炉/data#/zones/0/name": Kind.TEXT,
            "Plant 1/炉/data#/on": Kind.BOOLEAN,
        }
        assert not await session.collect(
            [Item(1, address, kind, 100) for address, kind in values.items() if kind], Kept()
        )
        with pytest.raises(NotFound):
            await session.browse("Plant 1/speed")
        await session.close()
