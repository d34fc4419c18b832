"""Addresses of the limits' screens."""

from django.urls import path

from kandelia.apps.limits.screens import active

urlpatterns = [
    path("limits", active.active_list, name="limits-active"),
    path("limits/rows", active.rows, name="limits-rows"),
    path("limits/part", active.part, name="limits-part"),
    path("limits/acknowledge", active.acknowledge, name="limits-acknowledge"),
]
