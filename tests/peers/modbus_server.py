"""A Modbus TCP device in a process of its own whose every register can be foretold, and whose faults are chosen.

Every unit in --units has the same tables; addresses that are not named do not exist (exception 2):
holding 0–1     uint32, the step, one more each --period-ms
holding 2–3     float32, step / 2
holding 10–99   the address times 3; may be written
holding 120–129 the address; writing is refused (exception 4)
input 0–99      65,535 − address
coil 0–99       1 where the address divides by 3; may be written
discrete 0–99   1 where the address is odd
A unit in --silent takes requests and never answers until SIGUSR1; --slow-ms delays each answer.

Run: python -m tests.peers.modbus_server --port 1502 --units 1,2 --silent 7
Its first line on stdout is "ready" once it serves; SIGTERM ends it.
"""

import argparse
import asyncio
import contextlib
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Refusal(Exception):
    """An exception of the protocol."""


class Device:
    """The tables of one unit."""

    def __init__(self, period_ms: int) -> None:
        self.period_s = period_ms / 1_000
        self.began_s = time.monotonic()
        self.holding = {n: n * 3 for n in range(10, 100)} | {n: n for n in range(120, 130)} | dict.fromkeys(range(4), 0)
        self.input = {n: 65_535 - n for n in range(100)}
        self.coil = {n: int(n % 3 == 0) for n in range(100)}
        self.discrete = {n: n % 2 for n in range(100)}

    def answer(self, pdu: bytes) -> bytes:
        function = pdu[0]
        try:
            return bytes([function]) + self._answer(function, pdu)
        except Refusal as refusal:
            return bytes([function | 0x80, refusal.args[0]])

    def _answer(self, function: int, pdu: bytes) -> bytes:
        if function in (1, 2):
            return self._bits(self.coil if function == 1 else self.discrete, *struct.unpack(">HH", pdu[1:]))
        if function in (3, 4):
            return self._registers(self.holding if function == 3 else self.input, *struct.unpack(">HH", pdu[1:]))
        if function == 5:
            at, on = struct.unpack(">HH", pdu[1:])
            self._write(self.coil, {at: int(on == 0xFF00)})
            return pdu[1:]
        if function == 6:
            at, value = struct.unpack(">HH", pdu[1:])
            self._write(self.holding, {at: value})
            return pdu[1:]
        if function == 16:
            at, count = struct.unpack(">HH", pdu[1:5])
            values = struct.unpack(f">{count}H", pdu[6:])
            self._write(self.holding, dict(enumerate(values, at)))
            return pdu[1:5]
        raise Refusal(1)

    def _registers(self, table: dict[int, int], at: int, count: int) -> bytes:
        step = int((time.monotonic() - self.began_s) / self.period_s)
        self.holding.update(enumerate(struct.unpack(">4H", struct.pack(">If", step, step / 2))))
        values = self._have(table, at, count, 125)
        return bytes([2 * count]) + struct.pack(f">{count}H", *values)

    def _bits(self, table: dict[int, int], at: int, count: int) -> bytes:
        values = self._have(table, at, count, 2_000)
        packed = bytearray((count + 7) // 8)
        for place, bit in enumerate(values):
            packed[place // 8] |= bit << (place % 8)
        return bytes([len(packed)]) + bytes(packed)

    def _have(self, table: dict[int, int], at: int, count: int, most: int) -> list[int]:
        if not 1 <= count <= most:
            raise Refusal(3)
        if any(n not in table for n in range(at, at + count)):
            raise Refusal(2)
        return [table[n] for n in range(at, at + count)]

    def _write(self, table: dict[int, int], values: dict[int, int]) -> None:
        if any(n not in table for n in values):
            raise Refusal(2)
        if table is self.holding and any(n >= 120 for n in values):
            raise Refusal(4)
        table.update(values)


async def serve(options: argparse.Namespace) -> None:
    devices = {int(unit): Device(options.period_ms) for unit in options.units.split(",")}  # the silent ones too
    silent = {int(unit) for unit in filter(None, options.silent.split(","))}

    async def reply(writer: asyncio.StreamWriter, head: bytes, unit: int, pdu: bytes) -> None:
        if options.slow_ms:
            await asyncio.sleep(options.slow_ms / 1_000)
        answer = devices[unit].answer(pdu) if unit in devices else bytes([pdu[0] | 0x80, 11])
        writer.write(head[:4] + struct.pack(">HB", len(answer) + 1, unit) + answer)

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readexactly(7)
                pdu = await reader.readexactly(int.from_bytes(head[4:6], "big") - 1)
                if head[6] not in silent:
                    asyncio.ensure_future(reply(writer, head, head[6], pdu))  # noqa: RUF006
        writer.close()

    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, silent.clear)
    await asyncio.start_server(attend, "127.0.0.1", options.port)
    print("ready", flush=True)
    await stopping.wait()


@dataclass
class ModbusPeer:
    """Starts, freezes and kills such a device from a test."""

    port: int
    units: Sequence[int] = (1,)
    silent: Sequence[int] = ()
    period_ms: int = 20
    slow_ms: int = 0
    process: "subprocess.Popen[bytes] | None" = field(default=None)

    def start(self) -> "ModbusPeer":
        """Start, and wait until it serves."""
        command = [sys.executable, "-m", "tests.peers.modbus_server", "--port", str(self.port)]
        command += ["--units", ",".join(map(str, self.units)), "--silent", ",".join(map(str, self.silent))]
        command += ["--period-ms", str(self.period_ms), "--slow-ms", str(self.slow_ms)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, start_new_session=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line == b"ready\n", f"the device did not start: {line!r}"
        return self

    def send(self, what: signal.Signals) -> None:
        """SIGKILL, SIGSTOP, SIGCONT …"""
        assert self.process is not None
        self.process.send_signal(what)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextlib.contextmanager
def modbus_peer(port: int, **options: object) -> Iterator[ModbusPeer]:
    """A running device, ended at the end whatever happens."""
    peer = ModbusPeer(port, **options)  # type: ignore[arg-type]
    try:
        yield peer.start()
    finally:
        peer.kill()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--units", default="1")
    parser.add_argument("--silent", default="")
    parser.add_argument("--period-ms", type=int, default=20)
    parser.add_argument("--slow-ms", type=int, default=0)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
