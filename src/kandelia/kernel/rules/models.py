"""Tables of derived signals, limits, and what stood outside of its limits."""

from django.db import models

from kandelia.kernel.records.models import Record
from kandelia.kernel.rules.logic.limits import LimitKind

LIMIT_KINDS = [(kind.value, kind.value) for kind in LimitKind]


class Derivation(Record):
    """A derived signal (计算测点): an expression whose values are a signal of their own."""

    machine = models.CharField(max_length=200)  # MachineView.path
    key = models.CharField(max_length=60)
    name_zh = models.CharField(max_length=200, blank=True)
    name_en = models.CharField(max_length=200, blank=True)
    expression = models.TextField(max_length=2_000)
    unit = models.CharField(max_length=40, blank=True)
    decimals = models.PositiveSmallIntegerField(default=2)
    hold_s = models.PositiveIntegerField(default=3_600)
    lateness_s = models.PositiveIntegerField(default=5)
    signal = models.CharField(max_length=250, blank=True, editable=False)  # its id
    number = models.PositiveIntegerField(null=True, editable=False, db_index=True)  # the signal's
    compiled = models.JSONField(default=dict, editable=False)  # {"root", "kind", "window_ns", "inputs": {number: kind}}


class Limit(Record):
    """A limit (限值) on a signal."""

    signal = models.CharField(max_length=250)
    number = models.PositiveIntegerField(null=True, editable=False, db_index=True)
    kind = models.CharField(max_length=10, choices=LIMIT_KINDS)
    level = models.FloatField()
    dead_band = models.FloatField(default=0.0)
    on_delay_s = models.FloatField(default=0.0)
    off_delay_s = models.FloatField(default=0.0)
    severity = models.PositiveSmallIntegerField(default=500)
    name_zh = models.CharField(max_length=200, blank=True)
    name_en = models.CharField(max_length=200, blank=True)


class Occurrence(models.Model):
    """Once that a limit was broken: raised, cleared, acknowledged; what the limit said then is kept with it."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey("access.Organisation", on_delete=models.CASCADE, related_name="+")
    limit = models.BigIntegerField()  # entry id; the limit itself may be gone
    raised_ns = models.BigIntegerField()
    signal = models.CharField(max_length=250)
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10)
    level = models.FloatField()
    severity = models.PositiveSmallIntegerField()
    name_zh = models.CharField(max_length=200, blank=True)
    name_en = models.CharField(max_length=200, blank=True)
    value = models.FloatField()
    raised_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)
    cleared_value = models.FloatField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=200, blank=True)
    comment = models.CharField(max_length=500, blank=True)
    done = models.BooleanField(default=False)  # cleared and acknowledged: no longer in the active list

    class Meta:
        constraints = [models.UniqueConstraint(fields=["limit", "raised_ns"], name="occurrence_once")]
        indexes = [
            models.Index(
                fields=["organisation", "-severity", "-id"], condition=models.Q(done=False), name="occurrence_now"
            ),
            models.Index(fields=["organisation", "-raised_at"], name="occurrence_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.signal} {self.kind} {self.raised_at:%F %T}"
