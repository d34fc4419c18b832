"""Bytes to payloads, within bounds."""

import zlib
from typing import Any

from google.protobuf.message import DecodeError

from kandelia.drivers.sparkplug.schema import Payload

METRICS_MAX = 100_000  # in one message
INFLATED_BYTES_MAX = 16_000_000
COMPRESSED = "SPBV1.0_COMPRESSED"  # the uuid of a payload whose body is one (as Eclipse Tahu's nodes write it)


class BadPayload(ValueError):
    """Bytes that are no Sparkplug payload, in a person's words."""


def read_payload(data: bytes) -> Any:
    """The payload, inflated where it was compressed; BadPayload says what is wrong."""
    payload = _parse(data)
    if payload.uuid == COMPRESSED:
        payload = _parse(_inflate(payload.body))
    if len(payload.metrics) > METRICS_MAX:
        raise BadPayload(f"{len(payload.metrics)} metrics, {METRICS_MAX} are the most")
    return payload


def _parse(data: bytes) -> Any:
    try:
        return Payload.FromString(data)
    except (DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadPayload(f"this is no Sparkplug payload ({str(error)[:80]})") from None


def _inflate(body: bytes) -> bytes:
    inflater = zlib.decompressobj(zlib.MAX_WBITS | 32)  # zlib or gzip, told by its head
    try:
        inflated = inflater.decompress(body, INFLATED_BYTES_MAX)
    except zlib.error as error:
        raise BadPayload(f"the compressed payload is damaged ({error})") from None
    if inflater.unconsumed_tail:
        raise BadPayload(f"the compressed payload has more than {INFLATED_BYTES_MAX} bytes")
    return inflated
