"""The ASGI application: static files from memory, everything else through Django."""

from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application

from kandelia.surfaces.web.static_files import StaticFiles

pages: Any = get_asgi_application()


def with_static(application: Any) -> Any:
    """`application` behind the static files."""
    return StaticFiles(application, settings.STATIC_URL, settings.STATIC_FOLDERS)


application: Any = with_static(pages)
