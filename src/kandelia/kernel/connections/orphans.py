"""Secrets that no connection names any longer are removed, and never one that a connection names.

A new secret is on disk under a name of its own before the records that name it are committed; what it replaces goes
after that. Where it fails in between, a file may stay too long, but none is missing.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial

from django.db import transaction

from kandelia.kernel.connections import secrets
from kandelia.kernel.connections.logic.settings import names_in
from kandelia.kernel.connections.models import Connection

_kept: ContextVar[list[str] | None] = ContextVar("kept", default=None)
log = logging.getLogger("kandelia.connections")


@contextmanager
def undone_on_failure(organisation: str) -> Iterator[None]:
    """Stands around the transaction: secrets kept within go again when it fails. The outermost one counts."""
    if _kept.get() is not None:
        yield
        return
    names: list[str] = []
    token = _kept.set(names)
    try:
        yield
    except BaseException:
        _sweep_quietly(organisation, names)
        raise
    finally:
        _kept.reset(token)


def keep(name: str, secret: bytes) -> None:
    """Keep a secret that the running transaction will name."""
    names = _kept.get()
    if names is not None:
        names.append(name)
    secrets.keep(name, secret)


def sweep_after_commit(organisation: str, names: Iterable[str]) -> None:
    """These are named no longer, once the running transaction is committed."""
    found = frozenset(names)
    if found:
        transaction.on_commit(partial(sweep, organisation, found), robust=True)


def sweep(organisation: str, names: Iterable[str]) -> None:
    """Remove those of the names that no connection of the organisation has in its settings."""
    rows = Connection.objects.filter(organisation_id=organisation).values_list("settings", flat=True)
    used = frozenset[str]().union(*(names_in(settings) for settings in rows))
    for name in sorted(frozenset(names) - used):
        secrets.remove(name)


def _sweep_quietly(organisation: str, names: Iterable[str]) -> None:
    try:
        if names:
            sweep(organisation, names)
    except Exception:  # the failure that led here is the one to tell
        log.exception("secrets that nothing names could not be removed")
