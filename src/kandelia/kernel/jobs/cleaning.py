"""What the platform clears away by itself: sessions that ended, jobs that are long over."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.utils import timezone

from kandelia.kernel.jobs import store
from kandelia.kernel.jobs.contracts import JobContext

KIND = "platform.clean"
WHEN = "every 1h"


def clean(context: JobContext, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    """Remove ended sessions and finished jobs past their time."""
    now = timezone.now()
    sessions = Session.objects.filter(expire_date__lt=now).delete()[0]
    jobs = store.remove_old(now - timedelta(days=store.KEEP_FINISHED_DAYS))
    return {"sessions": sessions, "jobs": jobs}
