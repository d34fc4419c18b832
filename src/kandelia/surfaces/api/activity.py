"""Facts that happened, and work that runs."""

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest
from ninja import Router

from kandelia.base.pages import PAGE_ROWS
from kandelia.kernel.events import facade as events
from kandelia.kernel.jobs import facade as jobs
from kandelia.surfaces.api import quarantine, schemas
from kandelia.surfaces.api.answering import viewer_of

router = Router()
router.add_router("/quarantine", quarantine.router)


@router.get("/events", tags=["events"], response=dict[str, Any])
def list_events(request: HttpRequest, after: schemas.Cursor = "", limit: schemas.Limit = PAGE_ROWS) -> dict[str, Any]:
    """Events after a cursor, oldest first, as long as the stream keeps them."""
    page = events.replay(viewer_of(request), after=after, limit=limit)
    return {"items": [asdict(event) for event in page.items], "next": page.next}


@router.get("/jobs", tags=["jobs"], response=dict[str, Any])
def list_jobs(request: HttpRequest, after: schemas.Cursor = "", limit: schemas.Limit = PAGE_ROWS) -> dict[str, Any]:
    """The organisation's jobs, newest first."""
    page = jobs.list_jobs(viewer_of(request), after=after, limit=limit)
    return {"items": [asdict(job) for job in page.items], "next": page.next}


@router.get("/jobs/{id}", tags=["jobs"], response=dict[str, Any])
def job(request: HttpRequest, id: str) -> dict[str, Any]:
    """One, with its progress."""
    return asdict(jobs.job(viewer_of(request), id))


@router.post("/jobs/{id}/cancel", tags=["jobs"], response=dict[str, Any])
def cancel(request: HttpRequest, id: str) -> dict[str, Any]:
    """Ask it to end."""
    return asdict(jobs.cancel(viewer_of(request), id))
