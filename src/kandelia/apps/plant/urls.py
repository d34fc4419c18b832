"""Addresses of the plant's screens."""

from django.urls import path

from kandelia.apps.plant.screens import machine, overview, signals

urlpatterns = [
    path("", overview.overview, name="plant-overview"),
    path("machines/<path:machine>", machine.machine, name="plant-machine"),
    path("signals", signals.signal_list, name="plant-signals"),
    path("signals/<int:number>", signals.signal_page, name="plant-signal"),
]
