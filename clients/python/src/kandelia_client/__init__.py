"""A remote client of a Kandelia installation: signals as Arrow tables, live values, events, typed errors."""

from kandelia_client.client import Client, Event, Newest, Signal, Signals
from kandelia_client.errors import (
    ApiError,
    Conflict,
    InvalidRequest,
    NotAllowed,
    NotFound,
    NotSignedIn,
    TooMuch,
    Unavailable,
)
from kandelia_client.live import Change

__all__ = [
    "ApiError",
    "Change",
    "Client",
    "Conflict",
    "Event",
    "InvalidRequest",
    "Newest",
    "NotAllowed",
    "NotFound",
    "NotSignedIn",
    "Signal",
    "Signals",
    "TooMuch",
    "Unavailable",
]
