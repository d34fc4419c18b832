"""The page of calibrations due."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from kandelia.base.text import LocalText
from kandelia.sdk.screens import screen
from kandelia.sdk.views import Right, Viewer
from kandelia_tiny_app.due import due

AHEAD = timedelta(days=30)
# An app with many words keeps them in locale/ as the platform does; a few fit here.
WORDS = {
    "heading": LocalText("待校准", "Calibrations due"),
    "all": LocalText("全部量具", "All gauges"),
    "gauge": LocalText("量具", "Gauge"),
    "place": LocalText("位置", "Place"),
    "calibrated": LocalText("校准日期", "Calibrated on"),
    "due": LocalText("应于", "Due on"),
    "overdue": LocalText("已过期", "overdue"),
    "none": LocalText("近期无需校准", "Nothing is due"),
    "hint": LocalText("三十天内到期的量具列在此处。", "Gauges that are due within thirty days stand here."),
}


@require_GET
@screen(Right.SEE)
def due_list(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """What is due within a month, and what is overdue."""
    today = timezone.localdate()
    rows = [(one, one.values["due_on"] < today) for one in due(viewer, today + AHEAD)]
    words = {name: text.say(viewer.language) for name, text in WORDS.items()}
    return render(request, "gauges/due.html", {"rows": rows, "words": words})
