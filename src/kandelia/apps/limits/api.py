"""What stands outside of its limits, for programs."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from kandelia.sdk import rules
from kandelia.sdk.api import viewer_of

router = Router(tags=["limits"])


class Occurrence(Schema):
    """Once that a limit was broken; `cleared_at` null: it still is."""

    id: int
    limit: int
    signal: str
    number: int
    machine: str
    kind: str
    name: dict[str, str]
    level: float
    severity: int
    value: float
    raised_at: datetime
    cleared_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str
    comment: str


class Listed(Schema):
    """The active list, the gravest first."""

    items: list[Occurrence]


class Acknowledgement(Schema):
    """Which are acknowledged, and what is said of them."""

    ids: list[int]
    comment: str = ""


class Acknowledged(Schema):
    """How many nobody had acknowledged before."""

    count: int


@router.get("/limits/active", response=Listed)
def active(request: HttpRequest, machine: str = "") -> dict[str, Any]:
    """What is broken, or was and is not yet acknowledged; of a machine where its path is given."""
    return {"items": [asdict(one) for one in rules.active(viewer_of(request), machine=machine)]}


@router.post("/limits/acknowledge", response=Acknowledged)
def acknowledge(request: HttpRequest, body: Acknowledgement) -> dict[str, Any]:
    """Acknowledge; the right to operate is needed."""
    return {"count": rules.acknowledge(viewer_of(request), body.ids, body.comment)}
