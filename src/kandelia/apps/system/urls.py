"""Addresses of the system's screens."""

from django.urls import path

from kandelia.apps.system import screens

urlpatterns = [path("system", screens.status, name="system-status")]
