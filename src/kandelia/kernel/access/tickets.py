"""Tickets: a short-lived signed word by which web lets a person or token open the live socket.

Django-free: web signs, the live process checks. HMAC-SHA256 (RFC 2104) over the JSON body.
"""

import base64
import hashlib
import hmac
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

import msgspec

from kandelia.base.clock import NS_PER_S
from kandelia.base.errors import NotAllowed, TooMuch

TICKET_SECRET = "live-ticket"  # noqa: S105  the secret's name, not its value
TICKET_LIFE_S = 30
TICKET_CHARACTERS_MAX = 7_000  # it stands in an address, which servers cut at 8,192
BODY_BYTES_MAX = 1_000_000  # of a ticket, unpacked
REVOKED_SUBJECT = "access.revoked"  # payload: a viewer's subject, or "organisation:<id>"; live closes those sockets


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who opens a socket; `signals` and `connections` None mean every one of the organisation.

    `lent` holds numbers of other organisations that share them. The socket closes at `until_ns`, where it is not 0.
    """

    organisation: str
    subject: str
    expires_ns: int
    signals: tuple[int, ...] | None = None
    connections: tuple[str, ...] | None = None
    lent: tuple[tuple[str, tuple[int, ...]], ...] = ()
    until_ns: int = 0


def issue(
    secret: bytes,
    organisation: str,
    subject: str,
    now_ns: int,
    signals: tuple[int, ...] | None = None,
    connections: tuple[str, ...] | None = None,
    lent: tuple[tuple[str, tuple[int, ...]], ...] = (),
    until_ns: int = 0,
) -> str:
    """A ticket good for TICKET_LIFE_S; TooMuch where its numbers are too scattered to stand in an address."""
    ticket = Ticket(
        organisation,
        subject,
        now_ns + TICKET_LIFE_S * NS_PER_S,
        None if signals is None else _packed(signals),
        connections,
        tuple((owner, _packed(numbers)) for owner, numbers in lent),
        until_ns,
    )
    body = zlib.compress(msgspec.json.encode(ticket), 9)
    text = f"{_text(body)}.{_text(_sign(secret, body))}"
    if len(text) > TICKET_CHARACTERS_MAX:
        raise TooMuch("these signals do not fit one ticket", "signals", "name those that are wanted", "ticket-length")
    return text


def check(secret: bytes, text: str, now_ns: int) -> Ticket:
    """The ticket in `text`; NotAllowed when it is forged, damaged or expired."""
    try:
        body_text, _, mark = text.partition(".")
        body = base64.urlsafe_b64decode(body_text)
        genuine = hmac.compare_digest(_sign(secret, body), base64.urlsafe_b64decode(mark))
        ticket = msgspec.json.decode(_unzipped(body), type=Ticket) if genuine else None
    except (ValueError, zlib.error, msgspec.MsgspecError):
        ticket = None
    if ticket is None or ticket.expires_ns < now_ns:
        raise NotAllowed("this ticket is not valid", "live socket", "reload the page to get a new one", "ticket")
    return replace(
        ticket,
        signals=None if ticket.signals is None else _unpacked(ticket.signals),
        lent=tuple((owner, _unpacked(numbers)) for owner, numbers in ticket.lent),
    )


def _packed(numbers: Iterable[int]) -> tuple[int, ...]:
    """Runs of numbers as the gap before each and its length less one: a machine's signals are two small numbers."""
    packed: list[int] = []
    end = 0
    for number in sorted(set(numbers)):
        if packed and number == end + 1:
            packed[-1] += 1
        else:
            packed += [number - end, 0]
        end = number
    return tuple(packed)


def _unpacked(packed: tuple[int, ...]) -> tuple[int, ...]:
    numbers: list[int] = []
    end = 0
    for gap, more in zip(packed[::2], packed[1::2], strict=True):
        start, end = end + gap, end + gap + more
        numbers += range(start, end + 1)
    return tuple(numbers)


def _unzipped(body: bytes) -> bytes:
    return zlib.decompressobj().decompress(body, BODY_BYTES_MAX)


def _sign(secret: bytes, body: bytes) -> bytes:
    return hmac.new(secret, body, hashlib.sha256).digest()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()
