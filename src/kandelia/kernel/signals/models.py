"""Tables of signal definitions. `number` is what samples carry: UInt32, never reused, kept through renaming."""

from django.db import models

from kandelia.base.samples import Kind
from kandelia.kernel.connections.models import Connection
from kandelia.kernel.records.models import Entry, Record
from kandelia.kernel.things.models import Machine

KIND_CHOICES = [(kind.value, kind.name.lower()) for kind in Kind if kind is not Kind.MISSING]


class Signal(Record):
    """A signal (测点): one measured, set or counted quantity of a machine."""

    number = models.AutoField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.CASCADE, related_name="+")
    organisation = models.ForeignKey("access.Organisation", on_delete=models.PROTECT, related_name="signals")
    machine = models.ForeignKey(Machine, on_delete=models.PROTECT, related_name="signals")
    key = models.CharField(max_length=60)  # plain id, unique on its machine
    id = models.CharField(max_length=250)  # "site.area.machine.key" (line left out), unique in the organisation
    name_zh = models.CharField(max_length=200, blank=True)
    name_en = models.CharField(max_length=200, blank=True)
    kind = models.PositiveSmallIntegerField(choices=KIND_CHOICES, default=Kind.FLOAT.value)
    unit = models.CharField(max_length=40, blank=True)  # UCUM, case-sensitive code
    decimals = models.PositiveSmallIntegerField(default=2)
    low = models.FloatField(null=True, blank=True)  # normal range
    high = models.FloatField(null=True, blank=True)
    labels = models.JSONField(default=dict, blank=True)  # enumeration: {"1": {"zh": "运行", "en": "running"}}
    period_ms = models.PositiveIntegerField(default=1000)
    connection = models.ForeignKey(Connection, null=True, blank=True, on_delete=models.PROTECT, related_name="signals")
    address = models.CharField(max_length=400, blank=True)
    retention = models.PositiveSmallIntegerField(default=0)
    clash = models.CharField(max_length=10, default="keep", choices=[("keep", "keep"), ("replace", "replace")])
    search = models.CharField(max_length=900, blank=True, editable=False)
    active = models.BooleanField(default=True)
    writable = models.BooleanField(default=False)  # may be commanded, within what follows
    command_low = models.FloatField(null=True, blank=True)
    command_high = models.FloatField(null=True, blank=True)
    step_max = models.FloatField(null=True, blank=True)  # largest change in one command
    rate_s = models.FloatField(default=0.0)  # least seconds between two
    second_person = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["organisation", "id"], name="signal_id_once"),
            models.UniqueConstraint(fields=["machine", "key"], name="signal_key_once"),
        ]
        indexes = [models.Index(fields=["id", "entry"], name="signal_by_id")]

    def __str__(self) -> str:
        return self.id


class SignalVersion(models.Model):
    """A dated version of what the numbers mean: begun when kind or unit changes."""

    id = models.BigAutoField(primary_key=True)
    signal = models.ForeignKey(Signal, on_delete=models.CASCADE, related_name="versions")
    since_at = models.DateTimeField()
    kind = models.PositiveSmallIntegerField(choices=KIND_CHOICES)
    unit = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ["since_at"]

    def __str__(self) -> str:
        return f"{self.signal_id} since {self.since_at:%F}"
