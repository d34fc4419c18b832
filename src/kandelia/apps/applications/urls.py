"""Addresses of this room's own screens; its records have theirs under /records."""

from django.urls import path

from kandelia.apps.applications.screens import budget, notice, performance, review, sheet

urlpatterns = [
    path("applications/performance", performance.performance, name="applications-performance"),
    path("applications/performance.<str:end>", performance.export, name="applications-performance-export"),
    path("applications/<int:id>/review", review.review, name="applications-review"),
    path("applications/<int:id>/review/replace", review.replace, name="applications-replace"),
    path("applications/<int:id>/notice", notice.notice, name="applications-notice"),
    path("calls/<int:id>/budget", budget.budget, name="applications-budget"),
    path("scores/<int:id>", sheet.sheet, name="applications-sheet"),
]
