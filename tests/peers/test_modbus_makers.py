"""Promise: the driver reads and writes devices by other makers, and a silent unit among them is its own."""

import contextlib
import ctypes
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kandelia.drivers.modbus.driver import ModbusDriver
from kandelia.sdk.drivers import Item, KandeliaError, Kind
from tests.contracts.drivers.suite import Rows, until
from tests.peers.ports import free_port
from tools.build_frontend import npm

ROOT = Path(__file__).parents[2]
MAKERS = ("modbus-serial", "jsmodbus", "libmodbus", "pymodbus")
READ = {
    "holding=10": (Kind.FLOAT, 30.0),
    "holding=11;type=uint32": (Kind.INTEGER, 33 << 16 | 36),
    "holding=11;type=uint32;order=CDAB": (Kind.INTEGER, 36 << 16 | 33),
    "input=1;type=int16": (Kind.FLOAT, -2.0),
    "coil=3": (Kind.BOOLEAN, True),
    "coil=4": (Kind.BOOLEAN, False),
    "discrete=5": (Kind.BOOLEAN, True),
    "register=40100": (Kind.FLOAT, 297.0),
}


def command(maker: str, port: int) -> list[str]:
    """How the device is started; skips where it is not installed."""
    if maker in ("modbus-serial", "jsmodbus"):
        if not (ROOT / "tests" / "peers" / "node" / "node_modules" / maker).is_dir():
            pytest.skip(f"npm's {maker} is not installed (make peers)")
        program = Path(npm()[0])
        node = program if program.name == "node" else program.with_name("node")
        return [str(node), "tests/peers/node/modbus.cjs", maker, str(port)]
    if maker == "libmodbus":
        try:
            ctypes.CDLL("libmodbus.so.5")
        except OSError:
            pytest.skip("Debian's libmodbus5 is not installed (make debian)")
        return [sys.executable, "tests/peers/modbus_libmodbus.py", str(port)]
    pytest.importorskip("pymodbus")
    return [sys.executable, "tests/peers/modbus_pymodbus.py", str(port)]


@contextlib.contextmanager
def device(maker: str) -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen(command(maker, port), cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"ready\n"
        yield port
    finally:
        process.kill()
        process.wait()


@contextlib.asynccontextmanager
async def opened(port: int, **settings: object):
    driver = ModbusDriver()
    session = await driver.open(driver.configure({"host": "127.0.0.1", "port": port, **settings}), {})
    try:
        yield session
    finally:
        await session.close()


@pytest.mark.slow
@pytest.mark.parametrize("maker", MAKERS)
async def test_values_of_another_maker(maker: str) -> None:
    items = [Item(n, text, kind, 100) for n, (text, (kind, _)) in enumerate(READ.items(), 1)]
    with device(maker) as port:
        async with opened(port) as session:
            sink = Rows()
            none = [] if maker == "jsmodbus" else [Item(99, "holding=500", Kind.FLOAT, 100)]  # it answers with nothing
            refused = await session.collect([*items, *none], sink)
            assert set(refused) == {item.number for item in none}
            assert all("has nothing at this address" in reason for reason in refused.values())
            await until(lambda: {row[0] for row in sink.rows if row[3] is not None} == {item.number for item in items})
            for number, (text, (_, value)) in enumerate(READ.items(), 1):
                assert sink.good(number)[0][3] == value, text


@pytest.mark.slow
@pytest.mark.parametrize("maker", MAKERS)
async def test_writing_to_another_maker(maker: str) -> None:
    with device(maker) as port:
        async with opened(port) as session:
            assert await session.write("holding=20;type=float32;order=CDAB", -12.25) == -12.25
            assert await session.write("holding=22;type=int16", -7) == -7
            assert await session.write("coil=5", True) is True
            assert await session.write("coil=5", False) is False
            with pytest.raises(KandeliaError) as refused:
                await session.write("holding=500", 1)
            assert refused.value.mend


@pytest.mark.slow
async def test_a_silent_unit_of_another_maker() -> None:
    items = [Item(unit, f"unit={unit};holding=10", Kind.FLOAT, 100) for unit in (1, 2, 9)]
    with device("modbus-serial") as port:
        async with opened(port, timeout_s=0.5) as session:
            sink = Rows()
            await session.collect(items, sink)
            await until(lambda: session.pollers[9].silent)
            polls = session.pollers[1].polls
            await until(lambda: session.pollers[1].polls > polls + 5, 30.0)
            assert sink.good(1) and sink.good(2) and not sink.good(9)
