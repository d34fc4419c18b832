"""The status page: every role, every connection, and how the platform's own figures went."""

from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kandelia.apps.system.collecting import collect, sees_platform
from kandelia.apps.system.logic import platform
from kandelia.apps.system.logic.status import RoleRow
from kandelia.apps.system.logic.words import gauge_name, role_name
from kandelia.apps.system.templatetags.system import figure
from kandelia.base.units import shown_unit
from kandelia.sdk.records import access, signals, things
from kandelia.sdk.screens import screen
from kandelia.sdk.views import Right, SignalView, Viewer

FIGURES_MAX = 1_000
FIRST_DRAWN = ("history.recorder_lag_s", "history.rows_per_s", "live.sockets")
DRAWN_MAX = 3


@screen(Right.ADMINISTER)
def status(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The page stands at once; it asks for its tables and the newest figures when it is there, and again and again."""
    context: dict[str, object] = {"platform": sees_platform(viewer), "zone": _zone(viewer)}
    if request.headers.get("HX-Request"):  # hears every process and connection, which takes a second
        found = collect(viewer)
        figures = platform_figures(viewer.language, found.roles) if found.platform else []
        return render(request, "system/tables.html", {**context, "status": found, "figures": figures})
    figures = platform_figures(viewer.language) if sees_platform(viewer) else []
    context["figures"] = figures
    context["definitions"] = {figure["number"]: figure for figure in figures}
    context["chosen"] = ",".join(str(number) for number in _chosen(figures))
    return render(request, "system/status.html", context)


def platform_figures(language: str, roles: Iterable[RoleRow] = ()) -> list[dict[str, object]]:
    """Every recorded figure as the trend island is told of it, and as shown now; the caller has checked the right."""
    now = {f"{row.role}.{name}": figure(name, value) for row in roles for name, value in row.gauges}
    page = signals.list_signals(access.system_viewer(platform.ORGANISATION), limit=FIGURES_MAX)
    return [_definition(signal, language, now) for signal in page.items]


def _zone(viewer: Viewer) -> str:
    """Of the viewer's first site, else of the installation."""
    return next((site.time_zone for site in things.tree(viewer) if site.time_zone), settings.TIME_ZONE)


def _definition(signal: SignalView, language: str, now: dict[str, str]) -> dict[str, object]:
    role = signal.machine.rpartition("/")[2]
    return {
        "number": signal.number,
        "name": f"{role_name(role).say(language)} · {gauge_name(signal.key).say(language)}",
        "key": f"{role}.{signal.key}",
        "unit": shown_unit(signal.unit),
        "decimals": signal.decimals,
        "kind": int(signal.kind),
        "period": signal.period_ms,
        "labels": {},
        "shown": now.get(f"{role}.{signal.key}", ""),
    }


def _chosen(figures: list[dict[str, object]]) -> list[object]:
    first = [figure["number"] for figure in figures if figure["key"] in FIRST_DRAWN]
    return (first or [figure["number"] for figure in figures])[:DRAWN_MAX]
