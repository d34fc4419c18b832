"""What has changed and must reach the data plane: marked in the transaction of the change, published by a job.

A row stays for good: it is where the revision of a connection goes on counting, even after it was removed and made
again. So an edge that was away never takes an old document for a newer one.
"""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from kandelia.base.errors import InvalidInput, KandeliaError, TooMuch
from kandelia.kernel.connections.contracts import (
    OUTBOX_CHANGED,
    UNCONNECTED,
    ConnectionDocument,
    connection_key,
    decode_document,
    encode_document,
)
from kandelia.kernel.connections.models import Connection, Outbox
from kandelia.kernel.events import bridge

ROWS_MAX = 200  # of one pass
Build = Callable[[str, str, int], ConnectionDocument | None]


class Bucket(Protocol):
    """The snapshot's key-value bucket, for a caller that blocks."""

    def read(self) -> dict[str, bytes]:
        """Every document by key."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Store; returns when it is on disk."""
        ...

    def delete(self, key: str) -> None:
        """Mark deleted."""
        ...


@dataclass(frozen=True, slots=True)
class Due:
    """A key whose newest form is not yet published."""

    key: str
    organisation: str
    connection: str
    revision: int


def mark(organisation: str, connections: Iterable[str]) -> None:
    """These connections' documents change with the current transaction ("unconnected": signals without one)."""
    now = timezone.now()
    for connection in sorted(set(connections)):
        key = connection_key(organisation, connection)
        defaults = {"organisation": organisation, "connection": connection, "changed_at": now, "revision": 0}
        Outbox.objects.get_or_create(key=key, defaults=defaults)
        Outbox.objects.filter(key=key).update(revision=F("revision") + 1, changed_at=now)
        revision = Outbox.objects.values_list("revision", flat=True).get(key=key)
        Connection.objects.filter(organisation_id=organisation, key=connection).update(revision=revision)
    transaction.on_commit(nudge)


def nudge() -> None:
    """Tell the publisher that there is work, if the bus is at hand; it looks by itself each second anyway."""
    bridge.send(OUTBOX_CHANGED, b"")


def due() -> list[Due]:
    """What waits, oldest first."""
    rows = Outbox.objects.filter(published_revision__lt=F("revision")).order_by("changed_at")[:ROWS_MAX]
    return [Due(row.key, row.organisation, row.connection, row.revision) for row in rows]


def publish(bucket: Bucket, build: Build) -> int:
    """Bring every due document to the bucket; how many.

    Unavailable leaves the rest due. A document that the bus refuses (too large) stays due alone: the others are
    published, then TooMuch or InvalidInput names it.
    """
    published = 0
    refused: KandeliaError | None = None
    for waiting in due():
        revision, data = _document(waiting, build)
        try:
            if data is None:
                bucket.delete(waiting.key)
            else:
                bucket.put(waiting.key, data)
        except (TooMuch, InvalidInput) as error:
            refused = type(error)(f"{waiting.key}: {error.what}", error.where, error.mend, error.code)
            continue
        digest = hashlib.sha256(data).hexdigest() if data else ""
        Outbox.objects.filter(key=waiting.key).update(published_revision=revision, published_hash=digest)
        published += 1
    if refused is not None:
        raise refused
    return published


def _document(waiting: Due, build: Build) -> tuple[int, bytes | None]:
    """The revision and the document of one instant."""
    with transaction.atomic():
        revision = Outbox.objects.values_list("revision", flat=True).get(key=waiting.key)
        document = build(waiting.organisation, waiting.connection, revision)
    return revision, encode_document(document) if document else None


def reconcile(bucket: Bucket) -> int:
    """Compare what the bus holds with what was published; whatever differs becomes due again.

    For a bus or a database that was restored, moved or emptied: the records are the truth. Returns how many.
    """
    held, wrong = bucket.read(), 0
    for row in Outbox.objects.filter(published_revision=F("revision")):
        data = held.get(row.key)
        digest = hashlib.sha256(data).hexdigest() if data else ""
        if digest != row.published_hash:
            revision = max(row.revision, _revision(data) + 1 if data else 0)
            Outbox.objects.filter(key=row.key).update(revision=revision, published_revision=0)
            Connection.objects.filter(organisation_id=row.organisation, key=row.connection).update(revision=revision)
            wrong += 1
    known = set(Outbox.objects.values_list("key", flat=True))
    for key in held.keys() - known:
        bucket.delete(key)
        wrong += 1
    return wrong


def _revision(data: bytes) -> int:
    try:
        return decode_document(data).revision
    except Exception:  # a damaged document counts as none; it is written anew
        return 0


def mark_everything() -> int:
    """Every connection without a row gets one, so that a database filled by hand is published too."""
    count = 0
    for organisation, key in Connection.objects.values_list("organisation_id", "key"):
        if not Outbox.objects.filter(key=connection_key(organisation, key)).exists():
            mark(organisation, [key])
            count += 1
    return count


def published(organisation: str) -> dict[str, int]:
    """Published revision by connection key."""
    rows = Outbox.objects.filter(organisation=organisation).exclude(connection=UNCONNECTED)
    return dict(rows.values_list("connection", "published_revision"))
