"""Personal data erased: from the fields, from their history and from the words of steps; digests and amounts stay."""

from typing import Any

from django.db import models, transaction
from django.utils import timezone

from kandelia.kernel.access.audit import append
from kandelia.kernel.records import store, writing
from kandelia.kernel.records.declaration import RecordType

ERASED = "***"
listeners: list[Any] = []  # functions (entry) called in the transaction: rooms that keep words about a record


def on_anonymise(listener: Any) -> None:
    """Call `listener(entry)` when a record's personal data are erased, inside the transaction."""
    if listener not in listeners:
        listeners.append(listener)


def anonymise(declared: RecordType, id: int) -> None:
    """Erase what is personal of one record; it keeps its number, state, amounts and digests."""
    with transaction.atomic():
        row = store.rows_of(declared).get(entry_id=id)
        names = [field.name for field in declared.fields if field.personal]
        for name in names:
            column = row._meta.get_field(name)
            setattr(row, name, ERASED if isinstance(column, models.CharField | models.TextField) else None)
        row.save(update_fields=names or None)
        for change in row.entry.changes.all():
            change.fields = {name: pair for name, pair in change.fields.items() if name not in names}
            change.by_name = ""
            change.save(update_fields=["fields", "by_name"])
        row.entry.steps.update(content=None)
        row.entry.anonymised_at = timezone.now()
        row.entry.save(update_fields=["anonymised_at"])
        for listener in listeners:
            listener(row.entry)
        writing.refresh(declared, row)
        append("system", "record.anonymise", f"{declared.name}/{id}", {"fields": names})
