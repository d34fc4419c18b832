"""Addresses of the screens of imports, exports, jobs and tag lists."""

from django.urls import path

from kandelia.apps.transfers.screens import imports, jobs, tags

urlpatterns = [
    path("imports", imports.import_list, name="imports"),
    path("imports/<str:id>", imports.import_page, name="import"),
    path("imports/<str:id>/now", imports.import_now, name="import-now"),
    path("imports/<str:id>/preview", imports.preview, name="import-preview"),
    path("imports/<str:id>/load", imports.load, name="import-load"),
    path("imports/<str:id>/turn", imports.turn, name="import-turn"),
    path("imports/<str:id>/wrong", imports.wrong, name="import-wrong"),
    path("jobs", jobs.job_list, name="jobs"),
    path("jobs/now", jobs.jobs_now, name="jobs-now"),
    path("jobs/<str:id>/cancel", jobs.cancel, name="job-cancel"),
    path("exports", jobs.order, name="export-order"),
    path("exports/<str:id>/file", jobs.download, name="export-file"),
    path("exports/<str:id>/remove", jobs.remove, name="export-remove"),
    path("signals/import-tags", tags.tag_list, name="tag-list"),
]
