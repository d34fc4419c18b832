"""What a connection's settings say to this driver, checked key by key."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from kandelia.sdk.drivers import InvalidInput
from kandelia.sdk.tables import FORMS, check_zone

MODES = ("collect", "replay")
KEYS = ("folder", "files", "mode", "zone", "time", "form", "speed", "loop", "shift", "look_s", "settle_s")
SPEED_RANGE = (0.001, 10_000.0)
LOOK_RANGE = (0.1, 3_600.0)
SETTLE_RANGE = (0.0, 3_600.0)


@dataclass(frozen=True, slots=True)
class FilesConfig:
    """A folder, which of its files, and whether they are collected or replayed."""

    folder: str
    files: str = "*.csv"
    mode: str = "collect"
    zone: str = ""
    time: str = ""  # column; empty: found
    form: str = ""  # of times; empty: found
    speed: float = 1.0
    loop: bool = True
    shift: bool = True  # of a replay's times to now
    look_s: float = 2.0
    settle_s: float = 2.0  # that a file must not have changed, before it is taken for whole


def read_config(settings: Mapping[str, Any]) -> FilesConfig:
    """The configuration; InvalidInput names the key that is wrong."""
    for key in settings:
        if key not in KEYS:
            raise wrong(str(key), "this setting is not known", f"use {', '.join(KEYS)}")
    mode = settings.get("mode", "collect")
    if mode not in MODES:
        raise wrong("mode", f"{mode!r:.40} is not known", f"use {' or '.join(MODES)}")
    config = FilesConfig(
        folder=_folder(settings.get("folder")),
        files=_pattern(settings.get("files", "*.csv")),
        mode=mode,
        zone=_zone(settings.get("zone", "")),
        time=_text(settings, "time"),
        form=_text(settings, "form"),
        speed=_number(settings, "speed", 1.0, SPEED_RANGE),
        loop=_flag(settings, "loop", True),
        shift=_flag(settings, "shift", True),
        look_s=_number(settings, "look_s", 2.0, LOOK_RANGE),
        settle_s=_number(settings, "settle_s", 2.0, SETTLE_RANGE),
    )
    if config.form and config.form not in FORMS:
        raise wrong("form", f'"{config.form[:20]}" is no form of time', f"use {', '.join(FORMS)}")
    return config


def _folder(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise wrong("folder", "the folder is missing", "write a name below the platform's import folder")
    if "\0" in value or ".." in PurePath(value).parts:
        raise wrong("folder", "this path leads upwards", "write a name without ..")
    return value.strip()


def _pattern(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or "/" in value or "\\" in value or "\0" in value:
        raise wrong("files", "this is no pattern of file names", "write *.csv or line1-*.parquet")
    return value.strip()


def _zone(value: Any) -> str:
    if not isinstance(value, str):
        raise wrong("zone", "this is no time zone", "write Asia/Shanghai or +08:00")
    try:
        check_zone(value or "UTC")
    except InvalidInput as error:
        raise wrong("zone", error.what, error.mend) from None
    return value


def _text(settings: Mapping[str, Any], key: str) -> str:
    value = settings.get(key, "")
    if not isinstance(value, str) or len(value) > 200:
        raise wrong(key, "this is no text", "put it in quotes")
    return value


def _flag(settings: Mapping[str, Any], key: str, default: bool) -> bool:
    value = settings.get(key, default)
    if not isinstance(value, bool):
        raise wrong(key, f"{value!r:.40} is neither yes nor no", "write true or false")
    return value


def _number(settings: Mapping[str, Any], key: str, default: float, bounds: tuple[float, float]) -> float:
    value = settings.get(key, default)
    number = not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value)
    if not number or not bounds[0] <= value <= bounds[1]:
        raise wrong(key, f"{value!r:.40} is out of range", f"give {bounds[0]:g} to {bounds[1]:g}")
    return float(value)


def wrong(key: str, what: str, mend: str) -> InvalidInput:
    """The error of a setting."""
    return InvalidInput(what, where=f"settings.{key}", mend=mend, code="invalid-setting")
