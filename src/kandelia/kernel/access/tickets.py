"""Tickets: a short-lived signed word by which web lets a person or token open the live socket.

Django-free: web signs, the live process checks. HMAC-SHA256 (RFC 2104) over the JSON body.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass

import msgspec

from kandelia.base.clock import NS_PER_S
from kandelia.base.errors import NotAllowed

TICKET_SECRET = "live-ticket"  # noqa: S105  the secret's name, not its value
TICKET_LIFE_S = 30
REVOKED_SUBJECT = "access.revoked"  # payload: the viewer's subject as UTF-8; live closes its sockets


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who opens a socket; `signals` None means every signal of the organisation."""

    organisation: str
    subject: str
    expires_ns: int
    signals: tuple[int, ...] | None = None


def issue(secret: bytes, organisation: str, subject: str, now_ns: int, signals: tuple[int, ...] | None = None) -> str:
    """A ticket good for TICKET_LIFE_S."""
    ticket = Ticket(organisation, subject, now_ns + TICKET_LIFE_S * NS_PER_S, signals)
    body = msgspec.json.encode(ticket)
    return f"{_text(body)}.{_text(_sign(secret, body))}"


def check(secret: bytes, text: str, now_ns: int) -> Ticket:
    """The ticket in `text`; NotAllowed when it is forged, damaged or expired."""
    try:
        body_text, _, mark = text.partition(".")
        body = base64.urlsafe_b64decode(body_text)
        genuine = hmac.compare_digest(_sign(secret, body), base64.urlsafe_b64decode(mark))
        ticket = msgspec.json.decode(body, type=Ticket) if genuine else None
    except (ValueError, msgspec.MsgspecError):
        ticket = None
    if ticket is None or ticket.expires_ns < now_ns:
        raise NotAllowed("this ticket is not valid", "live socket", "reload the page to get a new one", "ticket")
    return ticket


def _sign(secret: bytes, body: bytes) -> bytes:
    return hmac.new(secret, body, hashlib.sha256).digest()


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode()
