"""Files of imports and exports whose time is over."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from kandelia.kernel.jobs.contracts import JobContext
from kandelia.kernel.transfers import exporting, importing

KIND = "transfers.clean"


def clean(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Remove them; how many."""
    now = timezone.now()
    return {"imports": importing.clear(now), "exports": exporting.clear(now)}
