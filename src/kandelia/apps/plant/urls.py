"""Addresses of the plant's screens."""

from django.urls import path

from kandelia.apps.plant.screens import commanding, compare, dashboards, explorer, machine, overview, signals

urlpatterns = [
    path("", overview.overview, name="plant-overview"),
    path("machines/<path:machine>", machine.machine, name="plant-machine"),
    path("shared", machine.shared, name="plant-shared"),
    path("shared/<str:organisation>/machines/<path:machine>", machine.shared_machine, name="plant-shared-machine"),
    path("signals", signals.signal_list, name="plant-signals"),
    path("signals/<int:number>", signals.signal_page, name="plant-signal"),
    path("signals/<int:number>/set", commanding.set_value, name="plant-set"),
    path("commands/<int:id>/progress", commanding.progress, name="plant-command-progress"),
    path("explore", explorer.explorer, name="plant-explore"),
    path("compare", compare.compare, name="plant-compare"),
    path("dashboards", dashboards.dashboard_list, name="plant-dashboards"),
    path("dashboards/<str:id>", dashboards.dashboard, name="plant-dashboard"),
    path("dashboards/<str:id>/draft", dashboards.draft_tiles, name="plant-dashboard-draft"),
    path("dashboards/<str:id>/copy", dashboards.copy, name="plant-dashboard-copy"),
    path("dashboards/<str:id>/remove", dashboards.remove, name="plant-dashboard-remove"),
]
