"""The status page: every role, every connection, and how the platform's own figures went."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kandelia.apps.system.collecting import collect
from kandelia.apps.system.logic import platform
from kandelia.base.units import shown_unit
from kandelia.sdk.records import access, signals
from kandelia.sdk.screens import screen
from kandelia.sdk.views import Right, SignalView, Viewer

FIGURES_MAX = 1_000
FIRST_DRAWN = ("history.recorder_lag_s", "history.rows_per_s", "live.sockets")
DRAWN_MAX = 3


@screen(Right.ADMINISTER)
def status(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Asked again every few seconds by the page itself, for its tables alone."""
    found = collect(viewer)
    if request.headers.get("HX-Request"):
        return render(request, "system/tables.html", {"status": found})
    figures = platform_figures(viewer.language) if found.platform else []
    context = {
        "status": found,
        "figures": figures,
        "definitions": {figure["number"]: figure for figure in figures},
        "chosen": ",".join(str(number) for number in _chosen(figures)),
    }
    return render(request, "system/status.html", context)


def platform_figures(language: str) -> list[dict[str, object]]:
    """Definitions of every recorded figure, for the trend island; the caller has checked the right."""
    page = signals.list_signals(access.system_viewer(platform.ORGANISATION), limit=FIGURES_MAX)
    return [_definition(signal, language) for signal in page.items]


def _definition(signal: SignalView, language: str) -> dict[str, object]:
    role = signal.machine.rpartition("/")[2]
    return {
        "number": signal.number,
        "name": f"{platform.role_name(role).say(language)} · {signal.name.say(language)}",
        "key": f"{role}.{signal.key}",
        "unit": shown_unit(signal.unit),
        "decimals": signal.decimals,
        "kind": int(signal.kind),
        "period": signal.period_ms,
        "labels": {},
    }


def _chosen(figures: list[dict[str, object]]) -> list[object]:
    first = [figure["number"] for figure in figures if figure["key"] in FIRST_DRAWN]
    return (first or [figure["number"] for figure in figures])[:DRAWN_MAX]
