"""Entries of rows that another room of the kernel writes itself, by the thousand: made, and kept true.

The rows were checked by their writer; here they get title, words, state and history.
"""

from collections.abc import Iterable, Mapping, Sequence

from django.utils import timezone

from kandelia.kernel.records.declaration import RecordType
from kandelia.kernel.records.logic import terms
from kandelia.kernel.records.models import TITLE_LENGTH_MAX, Entry, FieldChange, Record

CHUNK_ROWS = 500
COLUMNS = ["title", "search", "state", "changed_at", "revision"]
RETIRED = "retired"


def make(declared: RecordType, rows: Sequence[Record], organisation: str, subject: str) -> None:
    """An entry for each new row, which its writer saves afterwards."""
    now, start = timezone.now(), declared.life.start.name
    for row in rows:
        row.entry = Entry(
            type=declared.name,
            organisation_id=organisation,
            handler_id=organisation,
            process=declared.life.version,
            created_by=subject,
            created_at=now,
            changed_at=now,
            state_at=now,
        )
        _say(declared, row, start)
    Entry.objects.bulk_create([row.entry for row in rows], batch_size=CHUNK_ROWS)
    for row in rows:
        row.entry = row.entry  # takes over the key that the entry was given


def follow(declared: RecordType, changed: Iterable[tuple[Record, Mapping[str, list[str]]]], subject: str) -> None:
    """Title, words, state and history after rows were changed; by row the fields that differ (old, new)."""
    by_key = {row.pk: (row, fields) for row, fields in changed}
    ids = dict(declared.model.objects.filter(pk__in=by_key).values_list("pk", "entry_id"))
    entries = Entry.objects.in_bulk(ids.values())
    now, start = timezone.now(), declared.life.start.name
    for pk, (row, _) in by_key.items():
        row.entry = entries[ids[pk]]
        row.entry.changed_at, row.entry.revision = now, row.entry.revision + 1
        _say(declared, row, start)
    Entry.objects.bulk_update([row.entry for row, _ in by_key.values()], COLUMNS, batch_size=CHUNK_ROWS)
    FieldChange.objects.bulk_create(
        FieldChange(entry=row.entry, at=now, by=subject, fields=dict(fields))
        for row, fields in by_key.values()
        if fields
    )


def _say(declared: RecordType, row: Record, start: str) -> None:
    entry = row.entry
    entry.title = " ".join(str(getattr(row, name)) for name in declared.title)[:TITLE_LENGTH_MAX]
    entry.state = start if getattr(row, "active", True) else RETIRED
    texts = [str(getattr(row, field.name)) for field in declared.fields if field.weight]
    places = (("t", declared.name), ("o", entry.organisation_id), ("h", entry.handler_id))
    entry.search = terms.document(texts, [terms.mark(*place) for place in places])
