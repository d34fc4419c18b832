"""The plant overview: every machine with state, freshness and three values."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kandelia.apps.plant.logic.board import board, card_ids, machines_of
from kandelia.apps.plant.outside import limits_part
from kandelia.sdk.records import connections, signals, things
from kandelia.sdk.screens import screen
from kandelia.sdk.views import Right, Viewer

STATES = ("running", "idle", "uncertain", "warning", "alarm", "stopped", "reporting", "stale", "none")


@screen(Right.SEE, somewhere=True)
def overview(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """Cards by site, area and line; says what to do first where there is no machine yet."""
    sites = things.tree(viewer)
    found = signals.by_ids(viewer, card_ids(sites))
    context = {
        "sites": board(sites, found, viewer.language),
        "machines": sum(1 for _ in machines_of(sites)),
        "states": STATES,
        "connections": len(connections.list_connections(viewer)) if not sites else 1,
        "limits": limits_part(request, viewer),
        "may_configure": viewer.may(Right.CONFIGURE),
    }
    return render(request, "plant/overview.html", context)
