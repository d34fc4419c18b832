"""Where connections' secrets go; boot says which keeper it is."""

from kandelia.base.errors import Unavailable
from kandelia.ports.secrets import Secrets

_keeper: list[Secrets] = []


def configure(keeper: Secrets) -> None:
    """Set the installation's keeper of secrets."""
    _keeper[:] = [keeper]


def keep(name: str, secret: bytes) -> None:
    """Keep a secret; Unavailable where no keeper is set."""
    if not _keeper:
        raise Unavailable("no keeper of secrets is set", "connections", "start through kandelia up", "secrets")
    _keeper[0].put(name, secret)


def remove(name: str) -> None:
    """Forget a secret; Unavailable where no keeper is set."""
    if not _keeper:
        raise Unavailable("no keeper of secrets is set", "connections", "start through kandelia up", "secrets")
    _keeper[0].remove(name)


def ensure(name: str, length: int) -> bytes:
    """The installation's secret of a name, made where it is missing; Unavailable where no keeper is set."""
    if not _keeper:
        raise Unavailable("no keeper of secrets is set", "secrets", "start through kandelia up", "secrets")
    return _keeper[0].ensure(name, length)
