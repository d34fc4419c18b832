"""Jobs of the organisation with their progress, and exports: ordered, followed, downloaded."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kandelia.apps.transfers.screens.machines import refusal
from kandelia.base.clock import NS_PER_S
from kandelia.base.errors import InvalidInput, KandeliaError
from kandelia.base.parsing import length_ns
from kandelia.base.text import Said
from kandelia.sdk.records import access, jobs, signals
from kandelia.sdk.screens import screen
from kandelia.sdk.transfers import exporting
from kandelia.sdk.views import Right, Viewer

ROWS = 40
SIGNALS_OFFERED = 200
KINDS = {
    "history.import": _("Import of history"),
    "history.export": _("Export of history"),
    "papers.import": _("Import of records"),
}
BUSY = ("waiting", "running")


@require_GET
@screen(Right.SEE)
def job_list(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The newest jobs; those that run are followed."""
    return render(request, "transfers/jobs.html", _jobs(request, viewer))


@require_GET
@screen(Right.SEE)
def jobs_now(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The part that is asked for again."""
    return render(request, "transfers/jobs_now.html", _jobs(request, viewer))


@require_POST
@screen(Right.SEE)
def cancel(request: HttpRequest, viewer: Viewer, id: str) -> HttpResponse:
    """End one."""
    jobs.cancel(viewer, id)
    return HttpResponseRedirect(reverse("jobs"))


@require_http_methods(["GET", "POST"])
@screen(Right.SEE)
def order(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Order an export: which signals, from when to when, as what."""
    error: KandeliaError | None = None
    if request.method == "POST":
        try:
            _order(request, viewer)
            return HttpResponseRedirect(reverse("jobs"))
        except KandeliaError as wrong:
            error = wrong
    search = request.GET.get("search", request.POST.get("search", ""))
    page = signals.list_signals(viewer, search=search, limit=SIGNALS_OFFERED)
    zone = ZoneInfo(str(timezone.get_default_timezone()))
    context = {
        "signals": page.items,
        "total": page.total,
        "search": search,
        "chosen": {int(word) for word in _words(request) if word.isdecimal() and len(word) < 11},
        "given": request.POST or _last_day(zone),
        "error": refusal(error) if error else None,
        "zone": str(zone),
        "days": exporting.KEPT_DAYS,
    }
    return render(request, "transfers/export.html", context, status=422 if error else 200)


@require_GET
@screen(Right.SEE)
def download(request: HttpRequest, viewer: Viewer, id: str) -> HttpResponseBase:
    """The file of a finished export."""
    path, name, media_type = exporting.file_of(viewer, id)
    return FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=media_type)


@require_POST
@screen(Right.SEE)
def remove(request: HttpRequest, viewer: Viewer, id: str) -> HttpResponse:
    """The file and its entry."""
    exporting.remove(viewer, id)
    return HttpResponseRedirect(reverse("jobs"))


def _jobs(request: HttpRequest, viewer: Viewer) -> dict[str, Any]:
    after = request.GET.get("after", "")
    page = jobs.list_jobs(viewer, after=after, limit=ROWS)
    exports = {one.job: one for one in exporting.listed(viewer, limit=200).items}
    known = _names(viewer)
    rows = [
        {
            "one": job,
            "what": KINDS.get(job.kind, job.kind),
            "by": known.get(job.created_by, "" if ":" in job.created_by else job.created_by),
            "percent": round(job.progress * 100),
            "export": exports.get(job.id),
            "import": str(job.result.get("import", "")) if job.kind == "history.import" else "",
            "may_end": job.state in BUSY and (viewer.may(Right.CONFIGURE) or job.created_by == viewer.subject),
        }
        for job in page.items
    ]
    return {
        "rows": rows,
        "busy": any(job.state in BUSY and not job.schedule for job in page.items),
        "next": f"after={page.next}" if page.next else "",
        "first": "" if after else None,
        "after": after,
    }


def _names(viewer: Viewer) -> dict[str, str]:
    """Who gave a job: everybody to administrators, to others themselves alone."""
    if not viewer.may(Right.ADMINISTER):
        return {viewer.subject: viewer.name}
    people = {f"person:{one.id}": one.name or one.sign_in for one in access.list_people(viewer)}
    return {**people, **{f"token:{one.id}": one.name for one in access.list_tokens(viewer)}}


def _words(request: HttpRequest) -> list[str]:
    return request.POST.getlist("signal") or request.GET.getlist("signal")


def _last_day(zone: ZoneInfo) -> dict[str, str]:
    """What the form offers first: the last 24 hours, to the minute."""
    end = timezone.now().astimezone(zone)
    return {"start": f"{end - timedelta(days=1):%Y-%m-%dT%H:%M}", "end": f"{end:%Y-%m-%dT%H:%M}"}


def _order(request: HttpRequest, viewer: Viewer) -> None:
    given = request.POST
    numbers = [int(word) for word in _words(request) if word.isdecimal() and len(word) < 11]
    every = given.get("every", "").strip()
    exporting.begin(
        viewer,
        numbers,
        _instant(given.get("start", ""), "start"),
        _instant(given.get("end", ""), "end"),
        given.get("format", "csv"),
        bucket_ns=length_ns(every, "every") if every else 0,
        name=given.get("name", ""),
    )


def _instant(text: str, field: str) -> int:
    """What the browser's field of date and time sends, in the platform's zone."""
    try:
        local = datetime.fromisoformat(text)
        zone = ZoneInfo(str(timezone.get_default_timezone()))
        return int(local.replace(tzinfo=local.tzinfo or zone).timestamp()) * NS_PER_S
    except (ValueError, OverflowError) as error:
        mend = Said("请选择日期和时间", "choose day and time")
        raise InvalidInput(Said("这不是时间", "this is no time"), field, mend, "invalid-time") from error
