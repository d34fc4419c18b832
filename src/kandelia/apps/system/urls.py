"""Addresses of the system's screens."""

from django.urls import path

from kandelia.apps.system.screens import audit, events, quarantine, status

urlpatterns = [
    path("system", status.status, name="system-status"),
    path("events", events.events, name="events"),
    path("audit", audit.audit, name="audit"),
    path("audit/verify", audit.verify, name="audit-verify"),
    path("quarantine", quarantine.documents, name="quarantine"),
    path("quarantine/<int:number>", quarantine.document, name="quarantine-document"),
]
