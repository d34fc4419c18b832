"""Addresses of the measures' pages."""

from django.urls import path

from kandelia.apps.measures.screens import compute, eligibility, overview, sandbox

urlpatterns = [
    path("measures", overview.overview, name="measures"),
    path("measures/eligibility", eligibility.eligibility, name="measures-eligibility"),
    path("measures/sandbox", sandbox.sandbox, name="measures-sandbox"),
    path("measures/<str:line>/confirm", eligibility.confirm, name="measures-confirm"),
    path("measures/<str:line>", compute.compute, name="measures-line"),
]
