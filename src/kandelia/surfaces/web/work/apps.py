"""Registers the screens with Django."""

from django.apps import AppConfig


class Room(AppConfig):
    """surfaces/web/work."""

    name = "kandelia.surfaces.web.work"
    label = "web_work"
