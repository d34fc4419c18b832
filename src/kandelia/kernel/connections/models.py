"""Tables of connections and of the outbox that carries changes to the data plane."""

from typing import ClassVar

from django.db import models

from kandelia.kernel.records.models import Entry, Record
from kandelia.kernel.things.models import Site


class Connection(Record):
    """A link to one device or server."""

    id = models.BigAutoField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=60)  # plain id, unique in the organisation
    organisation = models.ForeignKey("access.Organisation", on_delete=models.PROTECT, related_name="connections")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="connections")
    name_zh = models.CharField(max_length=200, blank=True)
    name_en = models.CharField(max_length=200, blank=True)
    driver = models.CharField(max_length=60)
    settings = models.JSONField(default=dict, blank=True)  # secrets stand in it by name only
    enabled = models.BooleanField(default=True)
    revision = models.PositiveIntegerField(default=0)  # wanted; what runs is in ConnectionState

    objects: ClassVar[models.Manager["Connection"]]

    class Meta:
        ordering = ["key"]
        constraints = [models.UniqueConstraint(fields=["organisation", "key"], name="connection_once")]
        indexes = [models.Index(fields=["key", "entry"], name="connection_by_key")]

    def __str__(self) -> str:
        return self.name_zh or self.name_en or self.key

    @property
    def active(self) -> bool:
        """Whether it is switched on."""
        return self.enabled


class Outbox(models.Model):
    """A document whose newest form must reach the data plane; written in the transaction of the change."""

    key = models.CharField(primary_key=True, max_length=140)  # contracts.connection_key
    organisation = models.CharField(max_length=60)
    connection = models.CharField(max_length=60)
    changed_at = models.DateTimeField()
    revision = models.PositiveIntegerField()
    published_revision = models.PositiveIntegerField(default=0)
    published_hash = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.key} {self.published_revision}/{self.revision}"
