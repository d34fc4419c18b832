"""Calibrations for programs. Gauges themselves are under /api/v1/records/gauge, as every type is."""

from datetime import date
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from kandelia.sdk.api import viewer_of
from kandelia_tiny_app import due

router = Router(tags=["gauges"])


class Calibration(Schema):
    """The day it was done."""

    on: date


class Calibrated(Schema):
    """When the gauge is due again."""

    id: int
    due_on: date


@router.post("/gauges/{id}/calibrated", response=Calibrated)
def calibrated(request: HttpRequest, id: int, body: Calibration) -> dict[str, Any]:
    """Note that a gauge was calibrated."""
    gauge = due.calibrated(viewer_of(request), id, body.on)
    return {"id": gauge.id, "due_on": gauge.values["due_on"]}
