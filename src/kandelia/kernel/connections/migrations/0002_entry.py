"""Connections become records: each gets an entry; ids, keys and revisions are kept."""

from typing import Any, ClassVar

import django.db.models.deletion
from django.db import migrations, models
from django.utils import timezone

from kandelia.kernel.records.logic import terms

CHUNK_ROWS = 1_000


def make_entries(apps: Any, schema_editor: Any) -> None:
    """An entry for each connection there is."""
    connections, entries = apps.get_model("connections", "Connection"), apps.get_model("records", "Entry")
    now = timezone.now()
    while rows := list(connections.objects.filter(entry=None).order_by("id")[:CHUNK_ROWS]):
        made = entries.objects.bulk_create([entries(**_values(row, now)) for row in rows], batch_size=500)
        for row, entry in zip(rows, made, strict=True):
            row.entry_id = entry.pk
        connections.objects.bulk_update(rows, ["entry"], batch_size=500)


def _values(row: Any, now: Any) -> dict[str, Any]:
    places = (("t", "connection"), ("o", row.organisation_id), ("h", row.organisation_id))
    texts = (row.key, row.name_zh, row.name_en, row.driver)
    return {
        "type": "connection",
        "title": row.key,
        "organisation_id": row.organisation_id,
        "handler_id": row.organisation_id,
        "state": "active" if row.enabled else "retired",
        "created_by": "system",
        "created_at": now,
        "changed_at": now,
        "state_at": now,
        "search": terms.document(texts, [terms.mark(*place) for place in places]),
    }


def drop_entries(apps: Any, schema_editor: Any) -> None:
    """Back to connections without entries."""
    apps.get_model("connections", "Connection").objects.update(entry=None)
    apps.get_model("records", "Entry").objects.filter(type="connection").delete()


def _column(*, null: bool) -> Any:
    target = {"on_delete": django.db.models.deletion.CASCADE, "related_name": "+", "to": "records.entry"}
    return models.OneToOneField(null=null, **target)


class Migration(migrations.Migration):
    """In steps, so that a full table can take it."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("connections", "0001_initial"), ("records", "0002_search")]
    operations: ClassVar[list[Any]] = [
        migrations.AddField("connection", "entry", _column(null=True)),
        migrations.RunPython(make_entries, drop_entries),
        migrations.AlterField("connection", "entry", _column(null=False)),
        migrations.AddIndex("connection", models.Index(fields=["key", "entry"], name="connection_by_key")),
    ]
