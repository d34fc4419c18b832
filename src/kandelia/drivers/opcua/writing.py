"""Writing one value and reading it back: OPC 10000-4, 5.10.4 (Write)."""

from typing import Any

from asyncua import ua
from asyncua.ua.uaerrors import UaStatusCodeError

from kandelia.drivers.opcua.addresses import resolve
from kandelia.drivers.opcua.link import Link
from kandelia.drivers.opcua.reasons import losing_reason, status_reason
from kandelia.sdk.drivers import InvalidInput, NotAllowed, NotFound, Unavailable, Value

_INTEGERS = {
    ua.VariantType.SByte: (-(2**7), 2**7 - 1),
    ua.VariantType.Byte: (0, 2**8 - 1),
    ua.VariantType.Int16: (-(2**15), 2**15 - 1),
    ua.VariantType.UInt16: (0, 2**16 - 1),
    ua.VariantType.Int32: (-(2**31), 2**31 - 1),
    ua.VariantType.UInt32: (0, 2**32 - 1),
    ua.VariantType.Int64: (-(2**63), 2**63 - 1),
    ua.VariantType.UInt64: (0, 2**64 - 1),
}
_FLOATS = (ua.VariantType.Float, ua.VariantType.Double)
_NOT_THERE = (ua.StatusCodes.BadNodeIdUnknown, ua.StatusCodes.BadNodeIdInvalid)
_UNFIT = (ua.StatusCodes.BadTypeMismatch, ua.StatusCodes.BadOutOfRange, ua.StatusCodes.BadWriteNotSupported)


async def write_value(link: Link, address: str, value: Value) -> Value | None:
    """See `Writes.write`; sent once, in the type that stands at the node now."""
    node = resolve(address, link.namespaces)
    standing = await _read(link, node, address)
    if standing.StatusCode.value in _NOT_THERE:
        raise NotFound(
            status_reason(standing.StatusCode.value), where=address, mend="check the address", code="no-node"
        )
    variant = standing.Value.VariantType if standing.Value is not None else ua.VariantType.Null
    if standing.Value is not None and standing.Value.is_array:
        raise _unfit(address, value, "an array cannot be written")
    await _write(link, node, address, ua.Variant(fitting(address, variant, value), variant))
    again = await _read(link, node, address)
    found = again.Value.Value if again.Value is not None else None
    return found if isinstance(found, float | int | str) else None


def fitting(address: str, variant: ua.VariantType, value: Value) -> Any:
    """The value as the node's own type; InvalidInput where it does not fit."""
    if variant is ua.VariantType.Boolean and value in (0, 1) and not isinstance(value, str):
        return bool(value)
    if variant in (ua.VariantType.String, ua.VariantType.LocalizedText) and isinstance(value, str):
        return value if variant is ua.VariantType.String else ua.LocalizedText(value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if variant in _FLOATS and number:
        return float(value)
    if variant in _INTEGERS and number:
        low, high = _INTEGERS[variant]
        if (
            value == value
            and value not in (float("inf"), float("-inf"))
            and int(value) == value
            and low <= value <= high
        ):
            return int(value)
        raise _unfit(address, value, f"give a whole number from {low} to {high}")
    raise _unfit(address, value, f"the node holds {variant.name}")


async def _read(link: Link, node: ua.NodeId, address: str) -> ua.DataValue:
    try:
        (value,) = await link.read([(node, ua.AttributeIds.Value)], 1)
    except (ua.UaError, OSError, TimeoutError) as error:
        raise Unavailable(losing_reason(error), where=address, mend="see the server", code="read-failed") from error
    return value


async def _write(link: Link, node: ua.NodeId, address: str, variant: ua.Variant) -> None:
    request = ua.WriteRequest()
    wanted = ua.WriteValue(NodeId=node, AttributeId=ua.AttributeIds.Value, Value=ua.DataValue(variant))
    request.Parameters.NodesToWrite = [wanted]
    try:
        (status,) = (await link.call(request, ua.WriteResponse)).Results
        status.check()
    except UaStatusCodeError as error:
        raise _refusal(error.code, address, variant.Value) from error
    except (ua.UaError, OSError, TimeoutError) as error:
        raise Unavailable(
            f"the server did not confirm ({losing_reason(error)}); whether it took the value is not known",
            where=address,
            mend="read the value before you try again",
            code="write-unconfirmed",
        ) from error


def _refusal(code: int, address: str, value: Any) -> InvalidInput | NotAllowed:
    if code in _UNFIT:
        return _unfit(address, value, status_reason(code))
    return NotAllowed(
        f"the server refuses to write: {status_reason(code)}",
        where=address,
        mend="check in the server that this user may write this node",
        code="write-refused",
    )


def _unfit(address: str, value: Any, mend: str) -> InvalidInput:
    return InvalidInput(f"{str(value)[:40]} cannot be written", where=address[:200], mend=mend, code="invalid-value")
