"""Gauge (量具): what measures in the plant, calibrated (校准) every so many months."""

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from kandelia.base.text import LocalText
from kandelia.sdk.record_types import KEPT, Field, Group, Record, RecordType
from kandelia_tiny_app.logic import due_on


class Gauge(Record):
    """One gauge. `due_on` follows from the day of its calibration and the months until the next."""

    number = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    place = models.CharField(max_length=120, blank=True)
    calibrated_on = models.DateField()
    months = models.PositiveSmallIntegerField(default=12, validators=[MinValueValidator(1), MaxValueValidator(120)])
    due_on = models.DateField()

    class Meta:
        indexes = [models.Index(fields=["due_on", "entry"], name="gauge_due")]


def derive(gauge: Any) -> None:
    """See `Gauge`."""
    gauge.due_on = due_on(gauge.calibrated_on, gauge.months)


GAUGE = RecordType(
    name="gauge",
    label=LocalText("量具", "Gauge"),
    plural=LocalText("量具", "Gauges"),
    model=Gauge,
    life=KEPT,
    groups=(
        Group(
            LocalText("基本信息", "About it"),
            (
                Field("number", LocalText("编号", "Number"), weight=3),
                Field("name", LocalText("名称", "Name"), weight=2),
                Field("place", LocalText("位置", "Place"), weight=1),
            ),
        ),
        Group(
            LocalText("校准", "Calibration"),
            (
                Field("calibrated_on", LocalText("校准日期", "Calibrated on")),
                Field("months", LocalText("周期", "Every"), unit="month"),
                Field("due_on", LocalText("下次校准", "Due on"), editable=False),
            ),
        ),
    ),
    title=("number", "name"),
    columns=("number", "name", "place", "calibrated_on", "due_on"),
    sorts=("due_on",),
    filters=("due_on",),
    create_by=("engineer", "administrator"),
    icon="ruler",
    group="make",
    derive=derive,
)
