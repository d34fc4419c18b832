"""What the control plane orders of an edge, and what the edge says of it. Django-free.

An order travels on the durable stream COMMANDS. Its fate is settled once: whoever stores the *claim* first (the stream
knows its message id for as long as it holds orders) has decided it. The edge claims "taken" before it sends; the
control plane claims "withdrawn" or "expired". After "taken" alone follows a *result*, told by the edge.
"""

import math
import re
from dataclasses import dataclass
from enum import StrEnum

import msgspec

from kandelia.base.clock import NS_PER_S
from kandelia.base.errors import InvalidInput
from kandelia.kernel.connections.drivers import Value

COMMANDS_STREAM = "COMMANDS"
COMMANDS_SUBJECTS = ("org.*.site.*.order.*", "org.*.site.*.fate.*")
COMMANDS_CHANGED = "commands.changed"  # core message without content: an order or a word about one is new
ORDER_BYTES_MAX = 16_384
VALIDITY_S_MAX = 24 * 3_600  # from the request to the expiry
ORDERS_KEPT_S = 2 * 86_400.0  # by the stream: well beyond every expiry
TEXT_CHARACTERS_MAX = 200
SAID_CHARACTERS_MAX = 500
INTEGER_MAX = 2**63 - 1
ORDER_ID = re.compile(r"[0-9a-z]{26}")


class Fate(StrEnum):
    """What became of an order. The first four can be claims, the last five results."""

    TAKEN = "taken"  # by an edge, which is about to send it
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"  # by the edge before it was sent, or by the device
    CONFIRMED = "confirmed"  # read back as it was wanted
    DIFFERS = "differs"  # written, but another value was read back
    UNKNOWN = "unknown"  # it was or may have been sent; nobody knows whether the device took it


@dataclass(frozen=True, slots=True)
class Order:
    """Write `value` to a signal of a connection, once, before `expires_ns`.

    `id` is the idempotency id: what was carried out under it is never carried out again. A value read back counts as
    the wanted one within `tolerance`. `revision` is that of the connection whose document allowed it.
    """

    id: str
    organisation: str
    site: str
    connection: str
    signal: int
    value: Value
    issued_ns: int
    expires_ns: int
    tolerance: float = 0.0
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Word:
    """What is said of an order; `claim` when it decides its fate, else it is the result of one that was taken."""

    id: str
    organisation: str
    fate: Fate
    at_ns: int
    claim: bool = False
    read_back: Value | None = None
    code: str = ""
    what: str = ""
    mend: str = ""

    @property
    def message_id(self) -> str:
        """There is one claim and one result of an order, whoever tells it and how often."""
        return f"{self.id}.{'claim' if self.claim else 'result'}"


def order_subject(organisation: str, site: str, connection: str) -> str:
    """Where the orders to a connection go."""
    return f"org.{organisation}.site.{site}.order.{connection.replace('.', '-')}"


def fate_subject(organisation: str, site: str, connection: str) -> str:
    """Where words about the orders to a connection go."""
    return f"org.{organisation}.site.{site}.fate.{connection.replace('.', '-')}"


def decode_order(data: bytes) -> Order:
    """The order; InvalidInput for whatever is none that an edge may act on, whatever its signal."""
    if len(data) > ORDER_BYTES_MAX:
        raise _none("it is too long")
    try:
        order = msgspec.json.decode(data, type=Order)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise _none(str(error)[:SAID_CHARACTERS_MAX]) from error
    if not ORDER_ID.fullmatch(order.id):
        raise _none("its id is none of ours")
    if not 0 < order.issued_ns < order.expires_ns <= order.issued_ns + VALIDITY_S_MAX * NS_PER_S:
        raise _none("its times do not fit")
    if not (math.isfinite(order.tolerance) and order.tolerance >= 0):
        raise _none("its tolerance is no length")
    _check_value(order.value)
    return order


def _check_value(value: Value) -> None:
    if isinstance(value, str) and len(value) > TEXT_CHARACTERS_MAX:
        raise _none("its text is too long")
    if isinstance(value, float) and not math.isfinite(value):
        raise _none("its value is not finite")
    if isinstance(value, int) and abs(value) > INTEGER_MAX:
        raise _none("its value is beyond 64 bits")


def decode_word(data: bytes) -> Word:
    """The word; InvalidInput for whatever is none."""
    try:
        word = msgspec.json.decode(data, type=Word)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise InvalidInput(f"not a word about an order: {error}", code="invalid-word") from error
    if not ORDER_ID.fullmatch(word.id):
        raise InvalidInput("not a word about an order: its id is none of ours", code="invalid-word")
    return word


def _none(why: str) -> InvalidInput:
    return InvalidInput(f"not an order: {why}", code="invalid-order")
