"""The document of a connection and its signals, as the data plane runs it."""

from collections.abc import Iterable
from typing import Any, cast

from django.db.models import Q

from kandelia.base.samples import Kind
from kandelia.kernel.connections.contracts import UNCONNECTED, ConnectionDocument, SignalEntry, WriteRule
from kandelia.kernel.connections.models import Connection
from kandelia.kernel.signals.models import Signal
from kandelia.kernel.things.models import Site

_FIELDS = (
    "number", "id", "kind", "address", "period_ms", "low", "high", "retention", "clash", "writable", "command_low",
    "command_high", "step_max", "rate_s",
)  # fmt: skip


def document(organisation: str, connection: str, revision: int) -> ConnectionDocument | None:
    """The document at this instant; None when the connection is gone.

    Signals that are switched off, or hang on no connection, travel in the organisation's "unconnected" document:
    nobody collects them there, but their history may still be asked for and loaded.
    """
    if connection == UNCONNECTED:
        return _unconnected(organisation, revision)
    row = Connection.objects.filter(organisation_id=organisation, key=connection).select_related("site").first()
    if row is None:
        return None
    signals = Signal.objects.filter(organisation_id=organisation, connection=row, active=True)
    return ConnectionDocument(
        id=connection,
        organisation=organisation,
        site=row.site.key,
        driver=row.driver,
        revision=revision,
        enabled=row.enabled,
        settings=row.settings,
        signals=_entries(signals.order_by("number").values_list(*_FIELDS)),
    )


def _unconnected(organisation: str, revision: int) -> ConnectionDocument:
    signals = Signal.objects.filter(Q(connection=None) | Q(active=False), organisation_id=organisation)
    site = Site.objects.filter(organisation_id=organisation).values_list("key", flat=True).first()
    entries = _entries(signals.order_by("number").values_list(*_FIELDS))
    return ConnectionDocument(UNCONNECTED, organisation, site or "-", UNCONNECTED, revision, signals=entries)


def _entries(rows: Iterable[tuple[Any, ...]]) -> tuple[SignalEntry, ...]:
    return tuple(
        SignalEntry(
            number, id, Kind(kind), address, period, low, high, retention, cast(Any, clash),
            WriteRule(*rule) if writable else None,
        )
        for number, id, kind, address, period, low, high, retention, clash, writable, *rule in rows
    )  # fmt: skip
