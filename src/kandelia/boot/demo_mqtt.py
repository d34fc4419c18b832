"""The demo plant's place at the MQTT listener: three device identities, told to the plant in a file of its own."""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from kandelia.base.errors import Unavailable
from kandelia.boot.certificates import is_loopback
from kandelia.boot.settings import Settings
from kandelia.engines.nats.server import kept_port

FILE = "mqtt.json"
DEVICES: dict[str, Sequence[str]] = {  # name → what it is granted beyond what a device of its name has
    "climate": (),
    "utilities": (),
    "sample-collector": ("--publish", "spBv1.0/#", "--subscribe", "spBv1.0/#", "--subscribe", "climate/#"),
}
LISTENER_S = 20.0
POLL_S = 0.1
HOST = "127.0.0.1"
Run = Callable[[tuple[str, ...], dict[str, str]], Awaitable[bytes]]


async def ensure_broker(
    settings: Settings, directory: Path, environment: dict[str, str], run: Run
) -> tuple[Path, int] | None:
    """The plant's file and the listener's port; None where it is off or speaks TLS, which the plant does not."""
    if not settings.mqtt.listen or not is_loopback(settings.mqtt.host) or settings.mqtt.certificate:
        return None
    port = await _port(settings)
    if not port:
        return None
    file = directory / FILE
    told = json.loads(file.read_text()) if file.exists() else {}
    fits = set(told.get("devices", ())) == set(DEVICES) and settings.records_file.exists()
    if not fits or told["port"] != port:
        devices = told["devices"] if fits else await _devices(environment, run)
        _write(file, json.dumps({"host": HOST, "port": port, "devices": devices}))
    return file, port


async def _port(settings: Settings) -> int:
    """0 where the listener does not come up in time: the plant does without."""
    for _ in range(int(LISTENER_S / POLL_S)):
        if port := settings.mqtt.port or kept_port(settings.mqtt_directory):
            return port
        await asyncio.sleep(POLL_S)
    return 0


async def _devices(environment: dict[str, str], run: Run) -> dict[str, str]:
    made = await asyncio.gather(*(_device(name, more, environment, run) for name, more in DEVICES.items()))
    return dict(zip(DEVICES, made, strict=True))


async def _device(name: str, more: Sequence[str], environment: dict[str, str], run: Run) -> str:
    """A fresh secret; an identity of that name whose secret is lost is ended first."""
    command = (sys.executable, "-m", "kandelia.boot.command", "device")
    add = (*command, "add", name, *more, "--json")
    try:
        said = await run(add, environment)
    except Unavailable:
        await run((*command, "end", name), environment)
        said = await run(add, environment)
    return str(json.loads(said)["secret"])


def _write(file: Path, text: str) -> None:
    """For its owner alone: it holds secrets."""
    fresh = file.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    fresh.replace(file)
