"""Which of a connection's settings are secrets, and how they are kept by name."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from kandelia.base.errors import InvalidInput

SECRET_SETTINGS = frozenset({"password", "secret", "token", "private_key", "passphrase"})
SETTINGS_DEPTH_MAX = 6
SETTINGS_COUNT_MAX = 500
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,118}")


def secret_name(organisation: str, connection: str, path: str) -> str:
    """The name under which a connection's secret is kept."""
    return re.sub(r"[^a-z0-9_.-]", "-", f"connection.{organisation}.{connection}.{path}".lower())[:119].rstrip("._-")


def take_secrets(
    settings: Mapping[str, Any], organisation: str, connection: str, keep: Callable[[str, bytes], None]
) -> dict[str, Any]:
    """The settings with every plain secret handed to `keep` and replaced by {"secret": name}.

    A name written by hand must be one of the organisation's: else a connection could be used to read the secrets of
    another one.
    """

    def walk(value: Any, path: str, key: str, depth: int) -> Any:
        if depth > SETTINGS_DEPTH_MAX:
            raise InvalidInput("settings nest too deeply", path, f"nest {SETTINGS_DEPTH_MAX} deep at most", "settings")
        if isinstance(value, Mapping):
            if set(value) == {"secret"} and isinstance(value["secret"], str):
                return {"secret": _own(value["secret"], organisation, path)}
            return {str(name): walk(part, f"{path}.{name}", str(name), depth + 1) for name, part in value.items()}
        if isinstance(value, list | tuple):
            return [walk(part, f"{path}.{index}", key, depth + 1) for index, part in enumerate(value)]
        if key in SECRET_SETTINGS and value not in (None, ""):
            return _kept(str(value), secret_name(organisation, connection, path), keep)
        return _plain(value, path)

    return {str(name): walk(part, str(name), str(name), 1) for name, part in settings.items()}


def _kept(value: str, name: str, keep: Callable[[str, bytes], None]) -> dict[str, str]:
    keep(name, value.encode())
    return {"secret": name}


def _own(name: str, organisation: str, path: str) -> str:
    prefix = f"connection.{organisation}."
    if not _NAME.fullmatch(name) or not name.startswith(prefix):
        raise InvalidInput(
            f'"{name[:80]}" is not a secret of this organisation',
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
