"""How every process of an installation finds its bus."""

from pathlib import Path

from kandelia.base.errors import Unavailable
from kandelia.boot.settings import Settings
from kandelia.engines.files.secrets import FileSecrets
from kandelia.engines.nats.bus import NatsBus, open_bus
from kandelia.engines.nats.link import Login
from kandelia.engines.nats.server import kept_port, login_of


def bus_address(settings: Settings) -> tuple[tuple[str, ...], Login]:
    """Addresses and login: those of the settings, else of this installation's own server. Unavailable before it ran."""
    if settings.bus.urls:
        bus = settings.bus
        kept = (_beside(settings, bus.credentials), _beside(settings, bus.authority))
        return bus.urls, Login(bus.user, bus.password, *kept)
    port = kept_port(settings.bus_directory)
    if not port:
        raise Unavailable(
            "the bus of this installation has never run",
            where=str(settings.bus_directory),
            mend="start it with kandelia up, or name a bus in [bus] urls",
            code="bus-cut",
        )
    return (f"nats://127.0.0.1:{port}",), login_of(FileSecrets(settings.secrets_directory))


def _beside(settings: Settings, file: str) -> str:
    """A file's path by where the settings stand; empty stays empty."""
    base = settings.file.parent if settings.file else Path.cwd()
    return str(base / file) if file else ""


async def open_settings_bus(settings: Settings, name: str, wait_s: float = 10.0) -> NatsBus:
    """The installation's bus; it connects in the background, `wait_s` 0 does not wait for it."""
    urls, login = bus_address(settings)
    return await open_bus(urls, login, name=name, wait_s=wait_s, replicas=settings.bus.replicas)
