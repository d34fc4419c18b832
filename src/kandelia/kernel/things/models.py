"""Tables of the plant's hierarchy, site › area › line › machine (IEC 62264-1, 5.3 equipment hierarchy)."""

from typing import ClassVar

from django.db import models

from kandelia.kernel.access.models import Organisation
from kandelia.kernel.records.models import Entry, Record


class Named(Record):
    """What every level has: a plain id unique among its siblings, a name in two languages, the path to it."""

    id = models.BigAutoField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=60)  # plain id
    path = models.CharField(max_length=200, editable=False)  # logic.paths.Path as text; follows from the keys above
    name_zh = models.CharField(max_length=200, blank=True)
    name_en = models.CharField(max_length=200, blank=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True
        ordering = ["position", "key"]

    def __str__(self) -> str:
        return self.name_zh or self.name_en or self.key

    @property
    def active(self) -> bool:
        """False once it is retired: kept with all that happened, nothing new is hung on it."""
        return self.entry.state != "retired"


class Site(Named):
    """A plant or campus (场所)."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="sites")
    time_zone = models.CharField(max_length=60, blank=True)

    objects: ClassVar[models.Manager["Site"]]

    class Meta(Named.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["organisation", "key"], name="site_once")]
        indexes = [models.Index(fields=["path", "entry"], name="site_by_path")]


class Area(Named):
    """A part of a site (区域)."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="areas")

    objects: ClassVar[models.Manager["Area"]]

    class Meta(Named.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["site", "key"], name="area_once")]
        indexes = [models.Index(fields=["path", "entry"], name="area_by_path")]


class Line(Named):
    """A production line (产线), a work centre."""

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="lines")

    objects: ClassVar[models.Manager["Line"]]

    class Meta(Named.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["area", "key"], name="line_once")]
        indexes = [models.Index(fields=["path", "entry"], name="line_by_path")]


class Machine(Named):
    """A machine (设备), a work unit; on a line, or in an area without one."""

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="machines")
    line = models.ForeignKey(Line, null=True, blank=True, on_delete=models.PROTECT, related_name="machines")
    kind = models.CharField(max_length=60, blank=True)  # "reflow-oven", "compressor"
    card_signals = models.JSONField(default=list, blank=True)  # up to three signal keys shown on its card
    state_signal = models.CharField(max_length=60, blank=True)  # key of the enumeration that tells its state

    objects: ClassVar[models.Manager["Machine"]]

    class Meta(Named.Meta):
        abstract = False
        constraints = [models.UniqueConstraint(fields=["area", "key"], name="machine_once")]
        indexes = [models.Index(fields=["path", "entry"], name="machine_by_path")]
