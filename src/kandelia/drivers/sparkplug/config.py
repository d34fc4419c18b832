"""What a connection's settings say to this driver, checked key by key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kandelia.drivers.sparkplug.names import check_id
from kandelia.sdk.drivers import InvalidInput
from kandelia.sdk.mqtt import BROKER_KEYS, Broker, read_broker

KEYS = (*BROKER_KEYS, "host_id", "groups", "reorder_s", "rebirth_s")
GROUPS_MAX = 200
REORDER_S_RANGE = (0.1, 60.0)
REBIRTH_S_RANGE = (1.0, 3_600.0)


@dataclass(frozen=True, slots=True)
class SparkplugConfig:
    """A broker, our name as host application, and whom we listen to."""

    broker: Broker
    host_id: str = "kandelia"
    groups: tuple[str, ...] = ()  # empty: all
    reorder_s: float = 2.0
    rebirth_s: float = 10.0


def read_config(settings: Mapping[str, Any]) -> SparkplugConfig:
    """The configuration; InvalidInput names the key that is wrong."""
    for key in settings:
        if key not in KEYS:
            raise _wrong(str(key), "this setting is not known", f"use {', '.join(sorted(KEYS))}")
    if settings.get("client_id"):
        raise _wrong("client_id", "a host application begins each session clean", "leave it out")
    host_id, groups = settings.get("host_id", "kandelia"), settings.get("groups", [])
    if not isinstance(host_id, str) or check_id(host_id):
        raise _wrong("host_id", "this cannot be a host application's id", check_id(str(host_id)) or "put it in quotes")
    groups = [groups] if isinstance(groups, str) else groups
    if not isinstance(groups, list | tuple) or len(groups) > GROUPS_MAX:
        raise _wrong("groups", "this is no list of groups", f"write {GROUPS_MAX} ids at most, or none for all")
    for group in groups:
        if not isinstance(group, str) or check_id(group):
            raise _wrong("groups", f"{group!r:.60} cannot be a group's id", "an id is a text without +, / and #")
    return SparkplugConfig(
        read_broker(settings),
        host_id,
        tuple(groups),
        _seconds(settings, "reorder_s", 2.0, REORDER_S_RANGE),
        _seconds(settings, "rebirth_s", 10.0, REBIRTH_S_RANGE),
    )


def _seconds(settings: Mapping[str, Any], key: str, default: float, bounds: tuple[float, float]) -> float:
    value = settings.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not bounds[0] <= value <= bounds[1]:
        raise _wrong(key, f"{value!r} is out of range", f"give seconds from {bounds[0]:g} to {bounds[1]:g}")
    return float(value)


def _wrong(key: str, what: str, mend: str) -> InvalidInput:
    return InvalidInput(what, where=f"settings.{key}", mend=mend, code="invalid-setting")
