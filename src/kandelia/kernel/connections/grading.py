"""What installed drivers say of themselves in files beside them: grade and form. The drivers are not loaded."""

import contextlib
import importlib.util
import tomllib
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

import yaml

from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText
from kandelia.kernel.connections.drivers import DRIVERS_GROUP
from kandelia.kernel.connections.logic.forms import FREE, Form, Setting, read_form
from kandelia.kernel.connections.logic.grades import Grade, grade_of

QUALITY_FILE, FORM_FILE, SAMPLE_FILE = "quality.toml", "form.toml", "sample.yaml"


@cache
def grade_of_driver(name: str) -> Grade:
    """NONE for a driver that is not installed here, or says nothing (or nothing understandable) of itself."""
    try:
        file = quality_file(name)
        return grade_of(tomllib.loads(file.read_text())) if file is not None else Grade.NONE
    except (OSError, ValueError, InvalidInput):  # tomllib's errors are ValueErrors
        return Grade.NONE


@cache
def form_of_driver(name: str) -> Form:
    """What a person is asked for; without a `form.toml` all settings are one text, begun with those of the sample."""
    room = room_of(name)
    if room is None:
        raise InvalidInput(
            f'no driver "{name[:60]}" is installed', "driver", f"use one of: {', '.join(driver_names())}", "no-driver"
        )
    if (room / FORM_FILE).exists():
        return read_form(name, tomllib.loads((room / FORM_FILE).read_text()))
    protocol, sample = name, ""
    with contextlib.suppress(OSError, ValueError):
        protocol = str(tomllib.loads((room / QUALITY_FILE).read_text()).get("protocol", name))
    with contextlib.suppress(OSError, yaml.YAMLError, LookupError, TypeError):
        settings = yaml.safe_load((room / SAMPLE_FILE).read_text())["connections"][0]["settings"]
        sample = yaml.safe_dump(settings, allow_unicode=True, sort_keys=False)
    label = LocalText("设置（YAML）", "Settings (YAML)")
    return Form(name, protocol, settings=(Setting(FREE, FREE, label, default=sample, required=True),))


def quality_file(name: str) -> Path | None:
    """Where the driver's `quality.toml` would be; None when it is not installed."""
    room = room_of(name)
    return room / QUALITY_FILE if room is not None else None


def room_of(name: str) -> Path | None:
    """The folder of the driver's package; None when it is not installed."""
    point = next((point for point in entry_points(group=DRIVERS_GROUP) if point.name == name), None)
    if point is None:
        return None
    package, _, _ = point.module.rpartition(".")
    try:
        spec = importlib.util.find_spec(package) if package else None
    except ImportError:
        return None
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    return Path(places[0]) if places else None


def driver_names() -> tuple[str, ...]:
    """All drivers that are installed, by name."""
    return tuple(sorted(point.name for point in entry_points(group=DRIVERS_GROUP)))
