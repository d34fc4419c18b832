"""The room's table: what people arranged and saved, as documents with a schema of their own."""

from typing import ClassVar

from django.db import models

KINDS = ("dashboard", "comparison")


class Sheet(models.Model):
    """A dashboard or comparison (logic/tiles.py, logic/comparison.py say what `body` holds)."""

    id = models.CharField(primary_key=True, max_length=26)
    organisation = models.ForeignKey("access.Organisation", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=[(kind, kind) for kind in KINDS])
    owner = models.CharField(max_length=80, blank=True)  # Viewer.subject whose own it is; empty: everybody's
    site = models.CharField(max_length=120, blank=True)  # key of the site it belongs to; empty: of none alone
    name_zh = models.CharField(max_length=120, blank=True)
    name_en = models.CharField(max_length=120, blank=True)
    body = models.JSONField()
    revision = models.PositiveIntegerField(default=1)
    changed_by = models.CharField(max_length=80)
    changed_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["name_zh", "name_en", "id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["organisation", "kind", "owner"], name="sheet_by_owner")
        ]

    def __str__(self) -> str:
        return self.name_zh or self.name_en or self.id
