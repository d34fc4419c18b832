"""Addresses of the screens of templates."""

from django.urls import path

from kandelia.apps.modelling.screens import changes, machines, making, patterns

urlpatterns = [
    path("template-of-machine", making.making, name="template-of-machine"),
    path("templates/<slug:key>", patterns.patterns, name="template-patterns"),
    path("templates/<slug:key>/machines", machines.machines, name="template-machines"),
    path("templates/<slug:key>/changes", changes.changes, name="template-changes"),
]
