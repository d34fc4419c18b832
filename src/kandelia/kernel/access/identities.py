"""Device identities as the data plane knows them: a name, the digest of a secret, and what it may send and hear.

Django-free: the records side publishes them to a bucket of the bus, whoever lets devices in watches that.
"""

import msgspec

DEVICES_BUCKET = "devices"  # key: DeviceGrant.key, value: encode_grant(…)
SEEN_BUCKET = "devices-seen"  # key: DeviceGrant.key, value: encode_seen(…), written by whoever lets devices in
FILTERS_MAX = 50
FILTER_CHARACTERS_MAX = 300


class DeviceGrant(msgspec.Struct, frozen=True):
    """One identity. `publish` and `subscribe` are MQTT topic filters; what none of them covers is denied."""

    id: str
    organisation: str
    name: str
    digest: str  # of the secret, as logic/token_text makes it
    publish: tuple[str, ...] = ()
    subscribe: tuple[str, ...] = ()
    expires_ns: int = 0  # 0: until it is revoked
    fingerprint: str = ""  # SHA-256 of the client certificate that opens, hexadecimal

    @property
    def key(self) -> str:
        """Its key in the bucket."""
        return f"{self.organisation}.{self.id}"

    def over(self, now_ns: int) -> bool:
        """True once its time is over."""
        return bool(self.expires_ns) and self.expires_ns <= now_ns


def encode_grant(grant: DeviceGrant) -> bytes:
    """JSON; equal grants give equal bytes."""
    return msgspec.json.encode(grant, order="deterministic")


def decode_grant(data: bytes) -> DeviceGrant:
    """The grant; msgspec.MsgspecError when it is damaged."""
    return msgspec.json.decode(data, type=DeviceGrant)


def default_publish(name: str) -> tuple[str, ...]:
    """What a device of this name may send where nobody says otherwise: topics below its name, and as the Sparkplug
    node of its name."""
    node = (f"spBv1.0/+/{kind}/{name}" for kind in ("NBIRTH", "NDATA", "NDEATH"))
    devices = (f"spBv1.0/+/{kind}/{name}/+" for kind in ("DBIRTH", "DDATA", "DDEATH"))
    return (f"{name}/#", *node, *devices)


def default_subscribe(name: str) -> tuple[str, ...]:
    """What it may hear: topics below its name, the commands to the Sparkplug node of its name, and who hosts."""
    return (f"{name}/#", f"spBv1.0/+/NCMD/{name}", f"spBv1.0/+/DCMD/{name}/+", "spBv1.0/STATE/+", "STATE/+")


class Seen(msgspec.Struct, frozen=True):
    """When a device was last there, from where, and whether it still is."""

    at_ns: int
    address: str = ""
    connected: bool = False


def encode_seen(seen: Seen) -> bytes:
    """JSON."""
    return msgspec.json.encode(seen)


def decode_seen(data: bytes) -> Seen:
    """What was written; msgspec.MsgspecError when it is damaged."""
    return msgspec.json.decode(data, type=Seen)
