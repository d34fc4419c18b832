"""A year of working days, and a day changed by hand."""

from datetime import date
from http import HTTPStatus
from itertools import groupby

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from kandelia.base.errors import InvalidInput, NotAllowed, NotFound
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.calendar import facade as calendar_of
from kandelia.kernel.calendar.contracts import DayView
from kandelia.surfaces.web.screens import screen


@require_GET
@screen(Right.SEE)
def calendar(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Twelve months; days that differ from the week's rule are marked and listed."""
    asked = request.GET.get("year", "")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 5 else timezone.localdate().year
    days = calendar_of.year(number)
    context = {
        "year": number,
        "months": [_month(list(group)) for _number, group in groupby(days, key=lambda one: one.day.month)],
        "special": [one for one in days if one.special],
        "working": sum(one.working for one in days),
        "today": timezone.localdate(),
        "may_edit": calendar_of.may_edit(viewer),
        "earlier": number - 1 if number > calendar_of.YEARS[0] else None,
        "later": number + 1 if number < calendar_of.YEARS[1] else None,
    }
    return render(request, "work/calendar.html", context)


@require_http_methods(["GET", "POST"])
@screen(Right.ADMINISTER)
def day(request: HttpRequest, viewer: Viewer, day: str) -> HttpResponse:
    """One day's form."""
    try:
        at = date.fromisoformat(day)
    except ValueError:
        raise NotFound("this is no day", day[:20], "choose one in the calendar", "not-found") from None
    shown = next(one for one in calendar_of.year(at.year) if one.day == at)
    if request.method == "POST":
        try:
            calendar_of.set_day(viewer, at, request.POST.get("working") == "yes", request.POST.get("name", ""))
        except (InvalidInput, NotAllowed) as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Saved. Due days of running limits are being counted anew."))
        return HttpResponseRedirect(f"{reverse('calendar')}?year={at.year}")
    return render(
        request, "work/day.html", {"shown": shown, "may_edit": calendar_of.may_edit(viewer)}, status=HTTPStatus.OK
    )


def _month(days: list[DayView]) -> tuple[date, list[DayView | None]]:
    """The first of a month, and its days after as many blanks as the week has before it (Monday first)."""
    first = days[0].day
    return first, [*[None] * first.weekday(), *days]
