"""Tells who needs to know (the live feed, by way of the bus) that a person or token has lost access.

The room stands below the bus, so those above register here: `on_revoked(publish)`.
"""

import logging
from collections.abc import Callable

from django.db import transaction

log = logging.getLogger("kandelia.access")
_listeners: list[Callable[[str], None]] = []


def on_revoked(listener: Callable[[str], None]) -> None:
    """Call `listener(subject)` after the commit of each revocation; registering twice is harmless."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell_revoked(subject: str) -> None:
    """Call every listener once the transaction at hand is committed. A listener that fails stops nothing:
    what it guards asks again at its next request."""
    transaction.on_commit(lambda: _tell(subject))


def _tell(subject: str) -> None:
    for listener in list(_listeners):
        try:
            listener(subject)
        except Exception:
            log.exception("could not say that %s has lost access", subject)
