"""What a connection's settings say to this driver, checked key by key."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from kandelia.sdk.drivers import InvalidInput

POLICIES = {
    "none": "",
    "basic256sha256": "SecurityPolicyBasic256Sha256",
    "aes128-sha256-rsaoaep": "SecurityPolicyAes128Sha256RsaOaep",
    "aes256-sha256-rsapss": "SecurityPolicyAes256Sha256RsaPss",
}
MODES = ("sign", "sign-and-encrypt")
TRUST = ("list", "first-use")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
PORT = 4840
PUBLISHING_MS_RANGE = (50, 60_000)
TIMEOUT_S_RANGE = (1.0, 60.0)
ALIVE_S_RANGE = (0.2, 60.0)
QUEUE_RANGE = (0, 10_000)
ITEMS_PER_CALL_RANGE = (1, 10_000)


@dataclass(frozen=True, slots=True)
class OpcUaConfig:
    """One server and how it is spoken to. The secret is only named here."""

    endpoint: str
    policy: str = "none"
    mode: str = "sign-and-encrypt"
    user: str = ""
    password: str = ""  # name of the secret
    plain_password: bool = False
    trust: str = "list"
    publishing_ms: int = 500
    timeout_s: float = 4.0
    alive_s: float = 2.0
    queue: int = 0  # samples the server keeps a signal between two publications; 0 works it out
    items_per_call: int = 1_000

    @property
    def host(self) -> str:
        """The server's host."""
        return urlsplit(self.endpoint).hostname or ""

    @property
    def port(self) -> int:
        """The server's port."""
        return urlsplit(self.endpoint).port or PORT


def read_config(settings: Mapping[str, Any]) -> OpcUaConfig:
    """The configuration; InvalidInput names the key that is wrong."""
    known = {field.name for field in fields(OpcUaConfig)}
    for key in settings:
        if key not in known:
            raise _wrong(str(key), "this setting is not known", f"use {', '.join(sorted(known))}")
    config = OpcUaConfig(
        endpoint=_endpoint(settings.get("endpoint")),
        policy=_choice(settings, "policy", "none", tuple(POLICIES)),
        mode=_choice(settings, "mode", "sign-and-encrypt", MODES),
        user=_text(settings, "user"),
        password=_secret(settings),
        plain_password=_flag(settings, "plain_password"),
        trust=_choice(settings, "trust", "list", TRUST),
        publishing_ms=int(_number(settings, "publishing_ms", 500, PUBLISHING_MS_RANGE)),
        timeout_s=_number(settings, "timeout_s", 4.0, TIMEOUT_S_RANGE),
        alive_s=_number(settings, "alive_s", 2.0, ALIVE_S_RANGE),
        queue=int(_number(settings, "queue", 0, QUEUE_RANGE)),
        items_per_call=int(_number(settings, "items_per_call", 1_000, ITEMS_PER_CALL_RANGE)),
    )
    _check_password(config)
    return config


def _check_password(config: OpcUaConfig) -> None:
    if config.password and not config.user:
        raise _wrong("user", "a password without a user", "name the user")
    naked = config.policy == "none" or config.mode == "sign"
    if config.password and naked and not config.plain_password and config.host not in LOOPBACK:
        raise _wrong(
            "plain_password",
            "the password could cross the network readable",
            'use a policy with mode "sign-and-encrypt", or set plain_password: true on a network you trust',
        )


def _endpoint(value: Any) -> str:
    mend = "write it like opc.tcp://192.168.1.10:4840"
    if not isinstance(value, str) or not value:
        raise _wrong("endpoint", "the server's address is missing", mend)
    try:
        parts = urlsplit(value)
        good = parts.scheme == "opc.tcp" and parts.hostname and (parts.port or PORT)
    except ValueError:
        good = False
    if not good:
        raise _wrong("endpoint", f'"{value[:80]}" is no OPC UA address', mend)
    if "@" in parts.netloc:
        raise _wrong("endpoint", "user and password do not belong into the address", "use user and password")
    return value


def _secret(settings: Mapping[str, Any]) -> str:
    value = settings.get("password", "")
    if isinstance(value, Mapping) and set(value) == {"secret"} and isinstance(value["secret"], str):
        return value["secret"]
    if value in ("", None):
        return ""
    raise _wrong("password", "a password stands here by the name of its secret", 'write {"secret": NAME}')


def _choice(settings: Mapping[str, Any], key: str, default: str, allowed: tuple[str, ...]) -> str:
    value = settings.get(key, default)
    if not isinstance(value, str) or value.lower() not in allowed:
        raise _wrong(key, f'"{value}" is not known', f"use {', '.join(allowed)}")
    return value.lower()


def _text(settings: Mapping[str, Any], key: str) -> str:
    value = settings.get(key, "")
    if not isinstance(value, str):
        raise _wrong(key, "this is no text", "put it in quotes")
    return value


def _flag(settings: Mapping[str, Any], key: str) -> bool:
    value = settings.get(key, False)
    if not isinstance(value, bool):
        raise _wrong(key, f'"{value}" is neither true nor false', "write true or false")
    return value


def _number(settings: Mapping[str, Any], key: str, default: float, bounds: tuple[float, float]) -> float:
    value = settings.get(key, default)
    low, high = bounds
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise _wrong(key, f"{value!r} is out of range", f"give a number from {low:g} to {high:g}")
    return value


def _wrong(key: str, what: str, mend: str) -> InvalidInput:
    return InvalidInput(what, where=f"settings.{key}", mend=mend, code="invalid-setting")
