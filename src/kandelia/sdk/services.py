"""How apps meet without knowing one another: one provides a function under a name, another asks for it by that name.

Names read "room.verb" ("measures.compute"). Passed are plain values and the frozen shapes of `apps.*.contracts`.
Loads before any model.
"""

from collections.abc import Callable
from typing import Any

from kandelia.base.errors import Conflict, Unavailable

_services: dict[str, Callable[..., Any]] = {}


def provide(name: str, function: Callable[..., Any]) -> None:
    """Offer a function; Conflict when another one has the name."""
    if _services.setdefault(name, function) is not function:
        raise Conflict(f'two services "{name}"', "services", "give one of them another name", "exists")


def service(name: str) -> Callable[..., Any]:
    """The function of that name; Unavailable where its app is not installed."""
    if name not in _services:
        raise Unavailable(f'nobody provides "{name}"', "services", "install the app that does", "no-service")
    return _services[name]


def has_service(name: str) -> bool:
    """Whether its app is installed."""
    return name in _services
