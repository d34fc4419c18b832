"""The ASGI application: static files from memory, everything else through Django."""

from typing import Any

from django.conf import settings
from django.core.asgi import get_asgi_application

from kandelia.surfaces.web.static_files import StaticFiles

application: Any = StaticFiles(get_asgi_application(), settings.STATIC_URL, settings.STATIC_FOLDERS)
