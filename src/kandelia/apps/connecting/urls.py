"""Addresses of the screens of connections."""

from django.urls import path

from kandelia.apps.connecting.screens import connections, wizard

urlpatterns = [
    path("connections", connections.connection_list, name="connections"),
    path("connections/new", wizard.wizard, name="connection-new"),
    path("connections/new/<str:driver>", wizard.device, name="connection-device"),
    path("connections/new/<str:driver>/find", wizard.find, name="connection-find"),
    path("connections/new/<str:driver>/try", wizard.attempt, name="connection-try"),
    path("connections/new/<str:driver>/browse", wizard.browse, name="connection-browse"),
    path("connections/new/<str:driver>/values", wizard.values, name="connection-values"),
    path("connections/new/<str:driver>/save", wizard.save, name="connection-save"),
    path("connections/of/<str:key>", connections.connection_page, name="connection"),
    path("connections/of/<str:key>/now", connections.connection_now, name="connection-now"),
    path("connections/of/<str:key>/switch", connections.switch, name="connection-switch"),
]
