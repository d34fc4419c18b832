"""The plant's meters behind one Modbus TCP gateway: input registers to read, nothing to write.

MODBUS Application Protocol V1.1b3, 6.3 and 6.4; the same registers answer functions 3 and 4, as many meters do.
"""

import asyncio
import contextlib
import socket
import struct
from typing import Any

from kandelia_demo_plant.declaration import Kind
from kandelia_demo_plant.modbus_map import SPACING, register_map
from kandelia_demo_plant.network import hold_port

REGISTERS_MAX = 125  # of one read
REQUEST_BYTES_MAX = 260
BAD = 0x8000
_FORMS = {"float32": ">f", "int64": ">q", "uint16": ">H"}
ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, NOBODY_THERE = 1, 2, 3, 11


class ModbusDoor:
    """`silent` swallows every request, `set_cut` closes and refuses."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.silent = False
        self._units: dict[int, bytearray] = {}
        for register in register_map().values():
            memory = self._units.setdefault(register.unit, bytearray())
            memory.extend(bytes(2 * (register.start + SPACING) - len(memory)))
        self._server: asyncio.Server | None = None
        self._held: socket.socket | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    def show(self, signal: str, value: Any, quality: int) -> None:
        """A new reading; a float whose sensor failed is NaN, whole numbers keep what they were."""
        register = register_map().get(signal)
        if register is None:
            return
        is_float = register.column.signal.kind is Kind.FLOAT
        if quality >= BAD and not is_float:
            return
        value = float("nan") if quality >= BAD else value if is_float else int(value)
        struct.pack_into(_FORMS[register.type], self._units[register.unit], 2 * register.start, value)

    async def start(self) -> None:
        """Listen; OSError when the port is taken."""
        self._server = await asyncio.start_server(self._attend, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def set_silent(self, silent: bool) -> None:
        """Accept and never answer; connections that lived through a silence are closed at its end."""
        was, self.silent = self.silent, silent
        if was and not silent:
            self._drop_all()

    async def set_cut(self, cut: bool) -> None:
        """Close all connections and refuse new ones, or listen again on the same port."""
        if cut and self._server is not None:
            await self.stop()
            self._held = hold_port(self.host, self.port)
        elif not cut and self._server is None:
            await self.start()
            if self._held is not None:
                self._held.close()

    async def stop(self) -> None:
        """Harmless when done twice."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self._drop_all()

    def _drop_all(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()

    async def _attend(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                while await self._answer_one(reader, writer):
                    pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _answer_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """False for what is no Modbus TCP: the connection ends."""
        head = await reader.readexactly(7)
        transaction, protocol, length, unit = struct.unpack(">HHHB", head)
        if protocol or not 2 <= length <= REQUEST_BYTES_MAX - 6:
            return False
        pdu = await reader.readexactly(length - 1)
        if not self.silent:
            answer = self._answer(unit, pdu)
            writer.write(struct.pack(">HHHB", transaction, 0, len(answer) + 1, unit) + answer)
            await writer.drain()
        return True

    def _answer(self, unit: int, pdu: bytes) -> bytes:
        memory = self._units.get(unit)
        if memory is None:
            return bytes([pdu[0] | 0x80, NOBODY_THERE])
        if pdu[0] not in (3, 4):
            return bytes([pdu[0] | 0x80, ILLEGAL_FUNCTION])
        if len(pdu) != 5:
            return bytes([pdu[0] | 0x80, ILLEGAL_VALUE])
        start, count = struct.unpack(">HH", pdu[1:])
        if not 1 <= count <= REGISTERS_MAX:
            return bytes([pdu[0] | 0x80, ILLEGAL_VALUE])
        if 2 * (start + count) > len(memory):
            return bytes([pdu[0] | 0x80, ILLEGAL_ADDRESS])
        return bytes([pdu[0], 2 * count]) + memory[2 * start : 2 * (start + count)]
