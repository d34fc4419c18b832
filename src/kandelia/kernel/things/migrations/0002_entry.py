"""Sites, areas, lines and machines become records: each gets an entry and its path; ids and keys are kept."""

from typing import Any, ClassVar

import django.db.models.deletion
from django.db import migrations, models
from django.utils import timezone

from kandelia.kernel.records.logic import terms

CHUNK_ROWS = 1_000
LEVELS = ("site", "area", "line", "machine")
PARENTS = {"site": ("organisation",), "area": ("site",), "line": ("area__site",), "machine": ("area__site",)}


def make_entries(apps: Any, schema_editor: Any) -> None:
    """An entry and a path for each thing there is."""
    entries, now = apps.get_model("records", "Entry"), timezone.now()
    for level in LEVELS:
        things = apps.get_model("things", level)
        while rows := list(things.objects.filter(entry=None).select_related(*PARENTS[level]).order_by("id")[:CHUNK_ROWS]):
            for row in rows:
                row.path = _path(level, row)
            made = entries.objects.bulk_create([entries(**_values(level, row, now)) for row in rows], batch_size=500)
            for row, entry in zip(rows, made, strict=True):
                row.entry_id = entry.pk
            things.objects.bulk_update(rows, ["entry", "path"], batch_size=500)


def _path(level: str, row: Any) -> str:
    if level == "site":
        return str(row.key)
    if level == "area":
        return f"{row.site.key}/{row.key}"
    return f"{row.area.site.key}/{row.area.key}/{'lines/' if level == 'line' else ''}{row.key}"


def _values(level: str, row: Any, now: Any) -> dict[str, Any]:
    site = {"site": lambda: row, "area": lambda: row.site}.get(level, lambda: row.area.site)()
    places = (("t", level), ("o", site.organisation_id), ("h", site.organisation_id))
    texts = (row.path, row.name_zh, row.name_en, getattr(row, "kind", ""))
    return {
        "type": level,
        "title": row.path,
        "organisation_id": site.organisation_id,
        "handler_id": site.organisation_id,
        "state": "active",
        "created_by": "system",
        "created_at": now,
        "changed_at": now,
        "state_at": now,
        "search": terms.document(texts, [terms.mark(*place) for place in places]),
    }


def drop_entries(apps: Any, schema_editor: Any) -> None:
    """Back to things without entries."""
    for level in LEVELS:
        apps.get_model("things", level).objects.update(entry=None)
    apps.get_model("records", "Entry").objects.filter(type__in=LEVELS).delete()


def _column(*, null: bool) -> Any:
    target = {"on_delete": django.db.models.deletion.CASCADE, "related_name": "+", "to": "records.entry"}
    return models.OneToOneField(null=null, **target)


def _path_column(**more: Any) -> Any:
    return models.CharField(max_length=200, editable=False, **more)


class Migration(migrations.Migration):
    """In steps, so that full tables can take it."""

    dependencies: ClassVar[list[tuple[str, str]]] = [("things", "0001_initial"), ("records", "0002_search")]
    operations: ClassVar[list[Any]] = [
        *(migrations.AddField(level, "entry", _column(null=True)) for level in LEVELS),
        *(migrations.AddField(level, "path", _path_column(default="")) for level in LEVELS),
        migrations.RunPython(make_entries, drop_entries),
        *(migrations.AlterField(level, "entry", _column(null=False)) for level in LEVELS),
        *(migrations.AlterField(level, "path", _path_column()) for level in LEVELS),
        *(
            migrations.AddIndex(level, models.Index(fields=["path", "entry"], name=f"{level}_by_path"))
            for level in LEVELS
        ),
    ]
