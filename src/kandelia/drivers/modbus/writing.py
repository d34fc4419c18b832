"""Writing one value and reading it back."""

from kandelia.drivers.modbus import frames
from kandelia.drivers.modbus.addresses import Address, Table
from kandelia.drivers.modbus.frames import Damaged, Refused, read_answer, read_request, write_answer
from kandelia.drivers.modbus.link import Gone, Link, Silent
from kandelia.drivers.modbus.values import decode_one, encode_one, unfit
from kandelia.sdk.drivers import InvalidInput, NotAllowed, Unavailable, Value


async def write_value(link: Link, address: Address, value: Value) -> Value | None:
    """See `Writes.write`: functions 5, 6 and 16; 15 and 16 where a device does not know 5 or 6. Sent once."""
    _check(address)
    try:
        await _write(link, address, value)
    except (Silent, Gone, Damaged) as error:
        raise Unavailable(
            f"the device did not confirm ({str(error) or 'no answer in time'}); whether it took the value is not known",
            where=str(address),
            mend="read the value before you try again",
            code="write-unconfirmed",
        ) from error
    except Refused as error:
        raise NotAllowed(
            f"the device refuses to write: {error}",
            where=str(address),
            mend="check in its manual that this can be written, and in which range",
            code="write-refused",
        ) from error
    return await read_back(link, address)


async def read_back(link: Link, address: Address) -> Value | None:
    """The value that stands there now; Unavailable when it cannot be read."""
    request = read_request(address.table, address.start, address.count)
    try:
        value: Value | None = decode_one(address, read_answer(request, await link.ask(address.unit, request)))
    except (Silent, Gone, Damaged, Refused) as error:
        raise Unavailable(
            f"the value was written but cannot be read back ({str(error) or 'no answer in time'})",
            where=str(address),
            mend="look at the device",
            code="read-back-failed",
        ) from error
    return value


def _check(address: Address) -> None:
    if address.table in (Table.INPUT, Table.DISCRETE):
        raise _cannot(address, f"a table of {address.table}s cannot be written", "use holding or coil")
    if address.bit >= 0:
        raise _cannot(
            address, "one bit of a register cannot be written without its neighbours", "write the whole register"
        )
    if address.unit == 0:
        raise _cannot(address, "unit 0 is every unit at once", "name one unit")


def _cannot(address: Address, what: str, mend: str) -> InvalidInput:
    return InvalidInput(what, where=str(address), mend=mend, code="not-writable")


async def _write(link: Link, address: Address, value: Value) -> None:
    """The short function, and where the device does not know it (it has then done nothing) the long one."""
    for several in (False, True):
        request = _request(address, value, several=several)
        try:
            write_answer(request, await link.ask(address.unit, request, repeatable=False))
            return
        except Refused as error:
            if several or error.code != frames.ILLEGAL_FUNCTION:
                raise


def _request(address: Address, value: Value, *, several: bool) -> bytes:
    if address.table is Table.COIL:
        if value not in (0, 1) or isinstance(value, str):
            raise unfit(address, value, "give true or false")
        return frames.write_coil(address.start, bool(value), several=several)
    return frames.write_registers(address.start, encode_one(address, value), several=several)
