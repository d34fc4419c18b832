"""Which of a connection's settings are secrets, and how they are kept by name."""

import hashlib
import re
from collections.abc import Callable, Mapping
from secrets import token_hex
from typing import Any

from kandelia.base.errors import InvalidInput
from kandelia.kernel.connections.contracts import secret_prefix

SECRET_SETTINGS = frozenset(
    {
        "api_key",
        "apikey",
        "client_secret",
        "community",
        "passphrase",
        "passwd",
        "password",
        "private_key",
        "psk",
        "secret",
        "token",
    }
)
KEY_PART_MAX = 32
PATH_PART_MAX = 16
SETTINGS_DEPTH_MAX = 6
SETTINGS_COUNT_MAX = 500
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,118}")


def connection_prefix(organisation: str, connection: str) -> str:
    """How the names of one connection's secrets begin; no two connections share it.

    A key that is cut is longer with its hash than any key that is not, so neither can stand for the other.
    """
    part = connection
    if len(connection) > KEY_PART_MAX:
        part = f"{connection[: KEY_PART_MAX - 16]}-{hashlib.sha256(connection.encode()).hexdigest()[:16]}"
    return f"{secret_prefix(organisation)}{part}."


def secret_name(organisation: str, connection: str, path: str) -> str:
    """A fresh name for a connection's secret: what is there already stays until nothing names it."""
    part = re.sub(r"[^a-z0-9_-]", "-", path.lower())[-PATH_PART_MAX:]
    return f"{connection_prefix(organisation, connection)}{part}.{token_hex(8)}"


def names_in(settings: Any) -> frozenset[str]:
    """Names of the secrets that settings refer to."""
    if isinstance(settings, Mapping):
        if set(settings) == {"secret"} and isinstance(settings["secret"], str):
            return frozenset({settings["secret"]})
        settings = list(settings.values())
    if isinstance(settings, list | tuple):
        return frozenset[str]().union(*(names_in(part) for part in settings))
    return frozenset()


def take_secrets(
    settings: Mapping[str, Any],
    organisation: str,
    connection: str,
    keep: Callable[[str, bytes], None],
    held: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """The settings with every plain secret handed to `keep` and replaced by {"secret": name}.

    A name written by hand must be one of the connection's own, or one that it holds already (`held`): else a
    connection could be used to send the secrets of another one to a device of one's choice.
    """

    def walk(value: Any, path: str, key: str, depth: int) -> Any:
        if depth > SETTINGS_DEPTH_MAX:
            raise InvalidInput("settings nest too deeply", path, f"nest {SETTINGS_DEPTH_MAX} deep at most", "settings")
        if isinstance(value, Mapping):
            if set(value) == {"secret"} and isinstance(value["secret"], str):
                return {"secret": _own(value["secret"], connection_prefix(organisation, connection), held, path)}
            return {str(name): walk(part, f"{path}.{name}", str(name), depth + 1) for name, part in value.items()}
        if isinstance(value, list | tuple):
            return [walk(part, f"{path}.{index}", key, depth + 1) for index, part in enumerate(value)]
        if key.lower() in SECRET_SETTINGS and value not in (None, ""):
            return _kept(str(value), secret_name(organisation, connection, path), keep)
        return _plain(value, path)

    return {str(name): walk(part, str(name), str(name), 1) for name, part in settings.items()}


def _kept(value: str, name: str, keep: Callable[[str, bytes], None]) -> dict[str, str]:
    keep(name, value.encode())
    return {"secret": name}


def _own(name: str, prefix: str, held: frozenset[str], path: str) -> str:
    if not _NAME.fullmatch(name) or not (name in held or name.startswith(prefix)):
        raise InvalidInput(
            f'"{name[:80]}" is not a secret of this connection',
            f"settings.{path}",
            f'secrets begin with "{prefix}"',
            "secret",
        )
    return name


def _plain(value: Any, path: str) -> Any:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise InvalidInput(
        f"a {type(value).__name__} cannot be kept", f"settings.{path}", "use text, numbers, true and false", "settings"
    )
