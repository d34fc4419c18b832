"""The demo plant as one more program: a factory that knows nothing of the platform, and its plant file loaded once."""

import asyncio
import hashlib
import importlib.util
import sys
from pathlib import Path

from kandelia.base.errors import SettingsError, Unavailable
from kandelia.boot.demo_mqtt import ensure_broker
from kandelia.boot.settings import Settings
from kandelia.boot.watched import Program
from kandelia.engines.nats.server import PORT_FILE, free_port, kept_port, port_is_free

PACKAGE = "kandelia_demo_plant"
USUAL_PORT = 4840  # OPC UA's own
USUAL_MODBUS_PORT = 1502
NAME = "demo-plant"
PLANT_SUFFIXES = (".py", ".yaml", ".toml", ".json")


def demo_directory(settings: Settings) -> Path:
    """Where the plant keeps its state."""
    return settings.directory / "demo"


def demo_port(settings: Settings) -> int:
    """The port it was last given while that is free, so that connections stay true; else the usual one, else any."""
    return _kept_or_free(demo_directory(settings), USUAL_PORT)


def demo_modbus_port(settings: Settings) -> int:
    """The same for its meters' gateway."""
    return _kept_or_free(demo_directory(settings) / "modbus", USUAL_MODBUS_PORT)


def _kept_or_free(directory: Path, usual: int) -> int:
    file = directory / PORT_FILE
    kept = kept_port(directory) or usual
    port = kept if port_is_free(kept) else free_port()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(f"{port}\n")
    return port


def demo_program(settings: Settings, port: int, modbus_port: int) -> Program:
    """The plant's own server. SettingsError where it is not installed."""
    if importlib.util.find_spec(PACKAGE) is None:
        raise SettingsError(
            "the demo plant is not installed", mend="run: pip install --editable examples/demo-plant", code="no-demo"
        )
    ports = ("--port", str(port), "--modbus-port", str(modbus_port))
    command = (sys.executable, "-m", PACKAGE, "serve", "--data", str(demo_directory(settings)), *ports)
    return Program(NAME, command, tied=True)


async def load_demo(settings: Settings, port: int, modbus_port: int, environment: dict[str, str]) -> None:
    """Load the plant file by `kandelia things load`, unless this very plant was loaded for these very ports before."""
    endpoint = f"opc.tcp://127.0.0.1:{port}/"
    broker = await ensure_broker(settings, demo_directory(settings), environment, _run)
    digest, mark = _digest(f"{endpoint} {modbus_port} {broker}"), demo_directory(settings) / "loaded"
    if mark.exists() and mark.read_text().strip() == digest and settings.records_file.exists():
        return
    file = demo_directory(settings) / "plant.yaml"
    where = ("--endpoint", endpoint, "--modbus-port", str(modbus_port), *(("--mqtt", str(broker[0])) if broker else ()))
    file.touch(0o600)  # it may hold the collector's secret
    file.write_bytes(await _run((sys.executable, "-m", PACKAGE, "plant-file", *where), environment))
    await _run((sys.executable, "-m", "kandelia.boot.command", "things", "load", str(file)), environment)
    rules_file = demo_directory(settings) / "rules.yaml"
    rules_file.write_bytes(await _run((sys.executable, "-m", PACKAGE, "rules-file"), environment))
    await _run((sys.executable, "-m", "kandelia.boot.command", "rules", "load", str(rules_file)), environment)
    mark.write_text(f"{digest}\n")


def _digest(where: str) -> str:
    """Of all that the plant file is made from: making it anew only to compare would hold up each start by a second."""
    spec = importlib.util.find_spec(PACKAGE)
    places = [Path(place) for place in (spec.submodule_search_locations if spec else None) or ()]
    files = sorted(file for place in places for file in place.rglob("*") if file.suffix in PLANT_SUFFIXES)
    digest = hashlib.sha256(where.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


async def _run(command: tuple[str, ...], environment: dict[str, str]) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=environment
    )
    try:
        said, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        lines = complaint.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise Unavailable(f"the demo plant could not be loaded: {lines[-1]}", where=" ".join(command[2:5]))
    return said
