"""Addresses of the app's pages."""

from django.urls import path

from kandelia_tiny_app import screens

urlpatterns = [path("gauges/due", screens.due_list, name="gauges-due")]
