"""The bytes of Modbus TCP: requests to send, and what an answer says. Pure; no connection is known here.

MODBUS Messaging on TCP/IP V1.0b, 3.1.3 (header) and MODBUS Application Protocol V1.1b3, 6 (functions) and 7
(exceptions). An answer is kept as bytes; registers are read from them by numpy over whole blocks.
"""

import struct
from dataclasses import dataclass, field

from kandelia.drivers.modbus.addresses import Table

READ = {Table.COIL: 1, Table.DISCRETE: 2, Table.HOLDING: 3, Table.INPUT: 4}
WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS = 5, 6, 15, 16
REGISTERS_MAX, BITS_MAX = 125, 2_000  # of one read
REGISTERS_WRITTEN_MAX = 123
LENGTH_MAX = 254  # unit and 253 bytes
EXCEPTION = 0x80

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, DEVICE_FAILURE = 1, 2, 3, 4
GATEWAY_PATH, GATEWAY_TARGET = 10, 11
EXCEPTIONS = {
    ILLEGAL_FUNCTION: "the device does not know this function",
    ILLEGAL_ADDRESS: "the device has nothing at this address",
    ILLEGAL_VALUE: "the device does not take this value or length",
    DEVICE_FAILURE: "the device failed",
    5: "the device has taken the request and needs more time",
    6: "the device is busy",
    8: "the device found its memory damaged",
    GATEWAY_PATH: "the gateway has no path to this unit",
    GATEWAY_TARGET: "the unit behind the gateway does not answer",
}

_HEAD = struct.Struct(">HHHB")
_TWO = struct.Struct(">BHH")


class Damaged(Exception):
    """What came is no Modbus, or does not answer what was asked."""


class Refused(Exception):
    """The device answered with an exception."""

    def __init__(self, code: int) -> None:
        super().__init__(EXCEPTIONS.get(code, f"the device answers with exception {code}"))
        self.code = code


def framed(transaction: int, unit: int, pdu: bytes) -> bytes:
    """A request as it is sent."""
    return _HEAD.pack(transaction, 0, len(pdu) + 1, unit) + pdu


def read_request(table: Table, start: int, count: int) -> bytes:
    """Functions 1 to 4."""
    return _TWO.pack(READ[table], start, count)


def write_coil(start: int, on: bool, *, several: bool = False) -> bytes:
    """Function 5, or 15 with one coil."""
    if several:
        return struct.pack(">BHHBB", WRITE_COILS, start, 1, 1, int(on))
    return _TWO.pack(WRITE_COIL, start, 0xFF00 if on else 0)


def write_registers(start: int, data: bytes, *, several: bool = False) -> bytes:
    """Function 6 for one register unless `several`, else 16; `data` in the order of the wire."""
    if len(data) == 2 and not several:
        return struct.pack(">BH", WRITE_REGISTER, start) + data
    return struct.pack(">BHHB", WRITE_REGISTERS, start, len(data) // 2, len(data)) + data


def read_answer(request: bytes, answer: bytes) -> bytes:
    """The data of an answer to a read: registers in the order of the wire, or packed bits.

    Refused for an exception; Damaged when the answer is not one to this request.
    """
    _check_function(request, answer)
    _, _, count = _TWO.unpack(request)
    expected = count * 2 if request[0] in (3, 4) else (count + 7) // 8
    if len(answer) != expected + 2 or answer[1] != expected:
        raise Damaged(f"{expected} bytes were asked for, {max(len(answer) - 2, 0)} came")
    return answer[2:]


def write_answer(request: bytes, answer: bytes) -> None:
    """Refused or Damaged unless the answer confirms the write."""
    _check_function(request, answer)
    if answer != request[:5]:
        raise Damaged("the device confirms another write than was asked for")


def _check_function(request: bytes, answer: bytes) -> None:
    if len(answer) == 2 and answer[0] == request[0] | EXCEPTION:
        raise Refused(answer[1])
    if not answer or answer[0] != request[0]:
        raise Damaged(f"an answer to function {answer[0] if answer else 'nothing'}, asked was {request[0]}")


@dataclass(slots=True)
class Cutter:
    """Cuts a stream of bytes into answers; holds at most one that is incomplete."""

    _rest: bytes = field(default=b"")

    def feed(self, data: bytes) -> list[tuple[int, int, bytes]]:
        """(transaction, unit, PDU) of each answer that is complete now; Damaged for what is no Modbus TCP."""
        data = self._rest + data if self._rest else data
        found, at = [], 0
        while len(data) - at >= _HEAD.size:
            transaction, protocol, length, unit = _HEAD.unpack_from(data, at)
            if protocol or not 3 <= length <= LENGTH_MAX:
                self._rest = b""
                raise Damaged("what the device sends is no Modbus TCP")
            end = at + 6 + length
            if end > len(data):
                break
            found.append((transaction, unit, data[at + _HEAD.size : end]))
            at = end
        self._rest = data[at:]
        return found
