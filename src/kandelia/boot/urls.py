"""Every address the platform answers: the frame's pages, the API, then what the apps declare."""

from importlib.util import find_spec

from django.urls import URLPattern, URLResolver, include, path

from kandelia.boot.discovery import apps
from kandelia.kernel.records.registry import check_references
from kandelia.surfaces.web import registry

API = "kandelia.surfaces.api.urls"

registry.register(app for app, _ in apps())
check_references()  # every room has registered its types by now

urlpatterns: list[URLPattern | URLResolver] = [path("", include("kandelia.surfaces.web.urls"))]
if find_spec(API):
    urlpatterns.append(path("api/v1/", include(API)))
urlpatterns += [path("", include(app.urls)) for app, _ in apps() if app.urls]

handler400 = "kandelia.surfaces.web.answers.bad_request"
handler403 = "kandelia.surfaces.web.answers.forbidden"
handler404 = "kandelia.surfaces.web.answers.not_found"
handler500 = "kandelia.surfaces.web.answers.server_error"
