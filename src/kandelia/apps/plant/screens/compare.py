"""The compare page: any signals in one trend, on several axes; what it shows stands in its address."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from kandelia.apps.plant.logic.board import definitions, live_row
from kandelia.apps.plant.logic.comparison import read_comparison
from kandelia.apps.plant.screens.dashboards import Listed, grouped
from kandelia.apps.plant.screens.signals import drawn_signals
from kandelia.apps.plant.sheets import COMPARISON
from kandelia.sdk.records import things
from kandelia.sdk.screens import screen
from kandelia.sdk.views import Right, Viewer


@require_GET
@screen(Right.SEE, somewhere=True)
def compare(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The trend of the signals that the address names, and the saved comparisons."""
    groups = {
        scope: [Listed(one.view, one.name, one.site, read_comparison(one.view.body).query) for one in members]
        for scope, members in grouped(viewer, COMPARISON).items()
    }
    context = {
        "definitions": definitions(live_row(signal, viewer.language) for signal in drawn_signals(request, viewer)),
        "groups": groups,
        "may_share": viewer.may(Right.CONFIGURE),
        "zone": next((site.time_zone for site in things.tree(viewer)), ""),
    }
    return render(request, "plant/compare.html", context)
