"""Which drivers are installed: the entry points of one group, loaded when a connection asks for one."""

import logging
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path

from kandelia.base.errors import InvalidInput
from kandelia.kernel.connections.drivers import DRIVERS_GROUP, Driver, KeepsFiles

log = logging.getLogger("kandelia.edge")


@dataclass
class Drivers:
    """Drivers by name; `given` takes the place of the entry points where it is not None."""

    directory: Path
    given: dict[str, Driver] | None = None
    _loaded: dict[str, Driver] = field(default_factory=dict)

    def get(self, name: str) -> Driver:
        """The driver, loaded once; InvalidInput when it is not installed or does not load."""
        if name not in self._loaded:
            driver = self.given[name] if self.given is not None and name in self.given else self._load(name)
            if isinstance(driver, KeepsFiles):
                driver.keep_in(self.directory / name)
            self._loaded[name] = driver
        return self._loaded[name]

    def _load(self, name: str) -> Driver:
        points = {point.name: point for point in entry_points(group=DRIVERS_GROUP)}
        if name not in points:
            raise InvalidInput(
                f'no driver "{name}" is installed',
                where="driver",
                mend=f"install it, or use one of: {', '.join(sorted(points)) or 'none'}",
                code="no-driver",
            )
        try:
            driver: Driver = points[name].load()
        except Exception as error:
            log.exception("driver %s does not load", name)
            raise InvalidInput(
                f'driver "{name}" does not load: {error}',
                where="driver",
                mend=f'install what it needs, for example: pip install "kandelia[{name}]", and start the edge again',
                code="driver-broken",
            ) from error
        return driver
