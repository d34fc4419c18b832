"""The mqtt role: the listener for foreign clients, without Django."""

import asyncio
import contextlib
import ssl
from pathlib import Path
from typing import Any

from kandelia.base.errors import KandeliaError, SettingsError
from kandelia.boot.certificates import check_given, ensure_own, is_loopback
from kandelia.boot.roles.contracts import RoleContext
from kandelia.boot.settings import Settings
from kandelia.engines.nats.server import PORT_FILE, kept_port, port_is_free
from kandelia.kernel.access.device_certificates import authority_pem
from kandelia.kernel.access.identities import SEEN_BUCKET, Seen, encode_seen
from kandelia.kernel.access.logic.token_text import digest
from kandelia.ports.bus import Bus
from kandelia.surfaces.mqtt.following import Following
from kandelia.surfaces.mqtt.listener import Listener
from kandelia.surfaces.mqtt.tls import server_context

USUAL_PORT, USUAL_TLS_PORT = 1883, 8883
DENIED_STANDS_S = 60.0
LOOK_S = 1.0
SEEN_S = 30.0


async def run(context: RoleContext) -> None:
    """Listen until asked to stop. SettingsError where a port that was named is taken."""
    settings = context.settings
    listener = Listener(settings.mqtt_directory, digest, connections_max=settings.mqtt.connections_max)
    following = Following(context.bus, listener.identities)
    tasks: list[asyncio.Task[Any]] = [asyncio.create_task(following.run())]
    stopping = asyncio.create_task(context.stopping.wait())
    try:
        tasks.append(asyncio.create_task(following.ready.wait()))
        await asyncio.wait([tasks.pop(), stopping], return_when=asyncio.FIRST_COMPLETED)  # till then nobody is known
        if not context.stopping.is_set():
            port = await _open(listener, settings)
            _report(context, listener, port)
            tasks += [asyncio.create_task(listener.run()), asyncio.create_task(_tell(context, listener))]
            tasks.append(asyncio.create_task(_tell_seen(context.bus, listener)))
            await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                if task.done():
                    task.result()
    finally:
        for task in [*tasks, stopping]:
            task.cancel()
        await asyncio.gather(*tasks, stopping, return_exceptions=True)
        await listener.close()


async def _open(listener: Listener, settings: Settings) -> int:
    """Listen on the port that is named, else on the one of last time, the usual one or any, and keep it."""
    tls = _tls(settings)
    host = settings.mqtt.host
    if settings.mqtt.port:
        try:
            return await listener.open(host, settings.mqtt.port, tls)
        except OSError as error:
            raise SettingsError(
                f"cannot listen on {host}:{settings.mqtt.port} ({error.strerror})",
                where="[mqtt] port",
                mend="end what listens there, choose another port, or set [mqtt] listen = false",
            ) from None
    usual = USUAL_TLS_PORT if tls else USUAL_PORT
    file = settings.mqtt_directory / PORT_FILE
    for port in (kept_port(settings.mqtt_directory) or usual, usual, 0):
        if port and not port_is_free(port):
            continue
        with contextlib.suppress(OSError):
            found = await listener.open(host, port, tls)
            _keep_port(file, found)
            return found
    raise SettingsError(f"cannot listen on {host}", where="[mqtt] host", mend="name an address of this machine")


def _keep_port(file: Path, port: int) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.write_text(f"{port}\n")


def _tls(settings: Settings) -> ssl.SSLContext | None:
    """What to prove ourselves with; None on loopback, where nothing is given."""
    mqtt = settings.mqtt
    if mqtt.certificate or mqtt.key:
        base = settings.file.parent if settings.file else Path.cwd()
        files = check_given(base / mqtt.certificate, base / mqtt.key)
    elif is_loopback(mqtt.host):
        return None
    else:
        files = ensure_own(settings.secrets_directory / "mqtt-tls", (mqtt.host, *mqtt.names, "localhost", "127.0.0.1"))
    return server_context(files.certificate, files.key, _authorities(settings))


def _authorities(settings: Settings) -> str:
    """Our own authority of devices, and the one that the settings name."""
    own = authority_pem(settings.secrets_directory)
    if not settings.mqtt.authority:
        return own
    file = (settings.file.parent if settings.file else Path.cwd()) / settings.mqtt.authority
    try:
        return own + file.read_text()
    except OSError as error:
        raise SettingsError(
            f"this file cannot be read ({error.strerror})", str(file), "mend [mqtt] authority, or the file's owner"
        ) from None


async def _tell_seen(bus: Bus, listener: Listener) -> None:
    """Who comes and leaves goes to its bucket at once, who stays every SEEN_S; the newest waits for the bus."""
    told: dict[str, bool] = {}
    waiting: dict[str, Seen] = {}
    said_s = listener.now_s()
    while True:
        await asyncio.sleep(LOOK_S)
        due = listener.now_s() - said_s >= SEEN_S
        said_s = listener.now_s() if due else said_s
        waiting |= {key: seen for key, seen in listener.seen().items() if due or told.get(key) != seen.connected}
        with contextlib.suppress(KandeliaError):
            bucket = await bus.key_value(SEEN_BUCKET) if waiting else None
            while waiting and bucket is not None:
                key, seen = next(iter(waiting.items()))
                await bucket.put(key, encode_seen(seen))
                told[key] = seen.connected
                del waiting[key]


async def _tell(context: RoleContext, listener: Listener) -> None:
    """A device that wants what it is not granted is a trouble that a person can mend."""
    denied, at_s = 0, -DENIED_STANDS_S
    while True:
        await asyncio.sleep(LOOK_S)
        if listener.denied > denied:
            denied, at_s = listener.denied, context.clock.monotonic_s()
            what = f"devices were denied {denied} times; the last: {listener.denied_last}"
            context.reporter.trouble("mqtt-denied", what, "give the device what it needs, or see what it does")
        elif context.clock.monotonic_s() - at_s > DENIED_STANDS_S:
            context.reporter.mended("mqtt-denied")


def _report(context: RoleContext, listener: Listener, port: int) -> None:
    spaces = listener.spaces
    gauges = {
        "port": lambda: float(port),
        "clients": lambda: float(len(listener.connections)),
        "devices": lambda: float(len(listener.identities)),
        "messages": lambda: float(sum(space.messages for space in spaces.values())),
        "sessions": lambda: float(sum(len(space.sessions) for space in spaces.values())),
        "messages_waiting": lambda: float(sum(s.waiting for space in spaces.values() for s in space.sessions.values())),
        "messages_dropped": lambda: float(sum(s.dropped for space in spaces.values() for s in space.sessions.values())),
        "retained": lambda: float(sum(len(space.retained) for space in spaces.values())),
        "refused": lambda: float(listener.refused),
        "denied": lambda: float(listener.denied),
        "bad_packets": lambda: float(listener.bad_packets),
        "slowed": lambda: float(listener.slowed),
    }
    for name, read in gauges.items():
        context.reporter.gauge(name, read)
