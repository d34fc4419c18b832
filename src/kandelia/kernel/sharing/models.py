"""The table of shares."""

from typing import ClassVar

from django.db import models

from kandelia.kernel.access.models import Organisation
from kandelia.kernel.records.models import Record


class Share(Record):
    """What an organisation (the owner of the entry) lets a partner see; the grant follows from it once accepted."""

    partner = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    place = models.CharField(max_length=250, blank=True)  # path of a thing; empty where single signals are meant
    signals = models.JSONField(default=list, blank=True)  # numbers
    since = models.DateField(null=True, blank=True)  # no older data
    until = models.DateField(null=True, blank=True)  # the last day
    export = models.BooleanField(default=False)
    purpose = models.CharField(max_length=300, blank=True)

    objects: ClassVar[models.Manager["Share"]]

    def __str__(self) -> str:
        return f"{self.partner_id}: {self.place or self.signals}"
