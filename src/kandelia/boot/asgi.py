"""The ASGI application: static files from memory, everything else through Django."""

from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.template.loader import get_template, render_to_string
from django.urls import get_resolver
from django.utils.translation import override

from kandelia.surfaces.web.static_files import StaticFiles

pages: Any = get_asgi_application()


def warm() -> None:
    """Load now what the first reader would wait for: addresses, templates, words."""
    for pattern in get_resolver().url_patterns:
        getattr(pattern, "url_patterns", None)
    for language, _ in settings.LANGUAGES:
        with override(language):
            render_to_string("web/sign_in.html", {"after": "/"})
    get_template("web/page.html")


def with_static(application: Any) -> Any:
    """`application` behind the static files."""
    return StaticFiles(application, settings.STATIC_URL, settings.STATIC_FOLDERS)


application: Any = with_static(pages)
