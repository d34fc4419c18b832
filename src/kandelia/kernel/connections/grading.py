"""The grade of each installed driver, read from the `quality.toml` beside it; the driver itself is not loaded."""

import importlib.util
import tomllib
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from kandelia.base.errors import InvalidInput
from kandelia.kernel.connections.drivers import DRIVERS_GROUP
from kandelia.kernel.connections.logic.grades import Grade, grade_of

QUALITY_FILE = "quality.toml"


@cache
def grade_of_driver(name: str) -> Grade:
    """NONE for a driver that is not installed here, or says nothing (or nothing understandable) of itself."""
    try:
        file = quality_file(name)
        return grade_of(tomllib.loads(file.read_text())) if file is not None else Grade.NONE
    except (OSError, ValueError, InvalidInput):  # tomllib's errors are ValueErrors
        return Grade.NONE


def quality_file(name: str) -> Path | None:
    """Where the driver's `quality.toml` would be; None when it is not installed."""
    point = next((point for point in entry_points(group=DRIVERS_GROUP) if point.name == name), None)
    if point is None:
        return None
    package, _, _ = point.module.rpartition(".")
    try:
        spec = importlib.util.find_spec(package) if package else None
    except ImportError:
        return None
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    return Path(places[0]) / QUALITY_FILE if places else None


def driver_names() -> tuple[str, ...]:
    """All drivers that are installed, by name."""
    return tuple(sorted(point.name for point in entry_points(group=DRIVERS_GROUP)))
