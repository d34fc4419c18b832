"""Addresses of the measures' pages."""

from django.urls import path

from kandelia.apps.measures.screens import compute, overview

urlpatterns = [
    path("measures", overview.overview, name="measures"),
    path("measures/<str:line>", compute.compute, name="measures-line"),
]
