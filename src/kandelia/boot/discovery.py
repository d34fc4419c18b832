"""Finds the apps that are installed, ours and everyone else's, by their entry points."""

import os
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path

from kandelia.base.errors import SettingsError
from kandelia.boot.load import load_settings
from kandelia.sdk.apps import App
from kandelia.surfaces import web

APPS = "kandelia.apps"


@cache
def apps() -> tuple[tuple[App, str], ...]:
    """(declaration, name of its package), by name. SettingsError names an app that cannot be loaded."""
    points = {point.name: point for point in entry_points(group=APPS)}
    for named in load_settings(os.environ.get("KANDELIA_SETTINGS")).apps:
        points[named] = EntryPoint(named, named, APPS)
    return tuple((_load(points[name]), points[name].module.rpartition(".")[0]) for name in sorted(points))


def django_rooms() -> list[str]:
    """Packages of apps with tables, templates, static files or words."""
    return [package for app, package in apps() if app.django_app]


def _load(point: EntryPoint) -> App:
    try:
        app = point.load()
    except Exception as error:
        raise SettingsError(
            f"the app cannot be loaded: {error}", point.value, "mend or uninstall the package", "app"
        ) from error
    if not isinstance(app, App):
        raise SettingsError("this is no kandelia.sdk.apps.App", point.value, "declare one", "app")
    return app


def static_folders() -> list[Path]:
    """Folders of static files: the frame's first, then those of the apps."""
    frame = Path(web.__file__).parent
    folders = [frame / "static", *sorted(frame.glob("*/static"))]
    for package in django_rooms():
        spec = find_spec(package)
        folders += [Path(place) / "static" for place in (spec.submodule_search_locations if spec else None) or ()]
    return [folder for folder in folders if folder.is_dir()]
