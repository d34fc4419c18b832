"""Addresses of the system's screens."""

from django.urls import path

from kandelia.apps.system.screens import audit, status

urlpatterns = [
    path("system", status.status, name="system-status"),
    path("audit", audit.audit, name="audit"),
    path("audit/verify", audit.verify, name="audit-verify"),
]
