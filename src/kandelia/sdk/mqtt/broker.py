"""The settings of a connection that say which broker, checked key by key."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from kandelia.base.errors import InvalidInput
from kandelia.base.mqtt.packets import VERSION_3_1_1, VERSION_5

VERSIONS = {"3.1.1": VERSION_3_1_1, "5": VERSION_5}
PORTS = {"mqtt": 1883, "mqtts": 8883}
LOOPBACK = ("localhost", "127.0.0.1", "::1")
TIMEOUT_S_RANGE = (1.0, 60.0)
ALIVE_S_RANGE = (0.2, 60.0)
MESSAGE_BYTES_RANGE = (1_000, 16_000_000)
CLIENT_ID_BYTES_MAX = 256
BROKER_KEYS = (
    "broker",
    "version",
    "client_id",
    "user",
    "password",
    "plain_password",
    "authority",
    "timeout_s",
    "alive_s",
    "message_bytes_max",
)


@dataclass(frozen=True, slots=True)
class Broker:
    """One broker and how it is spoken to. The secret is only named here.

    With a `client_id` the session is kept at the broker: it holds messages of QoS 1 while we are away. Without one
    each link has an id of chance, and what is sent while we are away is lost.
    """

    host: str
    port: int
    tls: bool = False
    version: int = VERSION_3_1_1
    client_id: str = ""
    user: str = ""
    password: str = ""  # name of the secret
    authority: str = ""  # PEM of the certificate authority, the system's where it is empty
    timeout_s: float = 5.0
    alive_s: float = 2.0
    message_bytes_max: int = 1_000_000

    @property
    def address(self) -> str:
        """For people."""
        return f"mqtt{'s' if self.tls else ''}://{self.host}:{self.port}"

    def trust(self) -> ssl.SSLContext:
        """Whom we believe to be the broker."""
        return ssl.create_default_context(cadata=self.authority or None)


def read_broker(settings: Mapping[str, Any]) -> Broker:
    """The broker that BROKER_KEYS of `settings` name; InvalidInput names the key that is wrong."""
    host, port, tls = _address(settings.get("broker"))
    broker = Broker(
        host=host,
        port=port,
        tls=tls,
        version=VERSIONS[_version(settings)],
        client_id=_client_id(settings),
        user=_text(settings, "user"),
        password=_secret(settings),
        authority=_authority(settings),
        timeout_s=_number(settings, "timeout_s", 5.0, TIMEOUT_S_RANGE),
        alive_s=_number(settings, "alive_s", 2.0, ALIVE_S_RANGE),
        message_bytes_max=int(_number(settings, "message_bytes_max", 1_000_000, MESSAGE_BYTES_RANGE)),
    )
    _check_password(broker, settings)
    return broker


def _check_password(broker: Broker, settings: Mapping[str, Any]) -> None:
    allowed = settings.get("plain_password", False)
    if not isinstance(allowed, bool):
        raise _wrong("plain_password", f"{allowed!r} is neither true nor false", "write true or false")
    if broker.password and not broker.user:
        raise _wrong("user", "a password without a user", "name the user")
    if broker.password and not (broker.tls or allowed or broker.host in LOOPBACK):
        raise _wrong(
            "plain_password",
            "the password would cross the network readable",
            "use mqtts://, or set plain_password: true on a network you trust",
        )


def _address(value: Any) -> tuple[str, int, bool]:
    mend = "write it like mqtt://192.168.1.10:1883 or mqtts://broker.example:8883"
    if not isinstance(value, str) or not value:
        raise _wrong("broker", "the broker's address is missing", mend)
    try:
        parts = urlsplit(value)
        scheme, host = parts.scheme, parts.hostname or ""
        port = parts.port or PORTS.get(scheme, 0)
    except ValueError:
        scheme, host, port = "", "", 0
    if scheme not in PORTS or not host or parts.path.strip("/"):
        raise _wrong("broker", f'"{value[:80]}" is no address of a broker', mend)
    if "@" in parts.netloc:
        raise _wrong("broker", "user and password do not belong into the address", "use user and password")
    return host, port, scheme == "mqtts"


def _version(settings: Mapping[str, Any]) -> str:
    value = str(settings.get("version", "3.1.1"))
    if value not in VERSIONS:
        raise _wrong("version", f'"{value[:20]}" is not spoken', f"use {', '.join(VERSIONS)}")
    return value


def _client_id(settings: Mapping[str, Any]) -> str:
    value = _text(settings, "client_id")
    if len(value.encode(errors="replace")) > CLIENT_ID_BYTES_MAX or not value.isprintable():
        raise _wrong("client_id", "this cannot be a client id", f"use {CLIENT_ID_BYTES_MAX} bytes of text at most")
    return value


def _authority(settings: Mapping[str, Any]) -> str:
    value = _text(settings, "authority")
    if value:
        try:
            ssl.create_default_context(cadata=value)
        except (ssl.SSLError, ValueError) as error:
            mend = "paste the PEM text of the authority, with its lines BEGIN and END CERTIFICATE"
            raise _wrong("authority", f"this is no certificate ({error})"[:200], mend) from error
    return value


def _secret(settings: Mapping[str, Any]) -> str:
    value = settings.get("password", "")
    if isinstance(value, Mapping) and set(value) == {"secret"} and isinstance(value["secret"], str):
        return value["secret"]
    if value in ("", None):
        return ""
    raise _wrong("password", "a password stands here by the name of its secret", 'write {"secret": NAME}')


def _text(settings: Mapping[str, Any], key: str) -> str:
    value = settings.get(key, "")
    if not isinstance(value, str):
        raise _wrong(key, "this is no text", "put it in quotes")
    return value


def _number(settings: Mapping[str, Any], key: str, default: float, bounds: tuple[float, float]) -> float:
    value = settings.get(key, default)
    low, high = bounds
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise _wrong(key, f"{value!r} is out of range", f"give a number from {low:g} to {high:g}")
    return value


def _wrong(key: str, what: str, mend: str) -> InvalidInput:
    return InvalidInput(what, where=f"settings.{key}", mend=mend, code="invalid-setting")
