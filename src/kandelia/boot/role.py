"""Runs one role in this process: `python -m kandelia.boot.role NAME [--module MODULE]`."""

import argparse
import asyncio
import importlib
import logging
import logging.handlers
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import uvloop

from kandelia.base.clock import SystemClock
from kandelia.base.errors import KandeliaError, SettingsError, Unavailable
from kandelia.boot.connecting import open_settings_bus
from kandelia.boot.directories import make_directories
from kandelia.boot.lean import give_memory_back, leave_pandas_out
from kandelia.boot.leash import tie_to_parent
from kandelia.boot.load import load_settings
from kandelia.boot.reporting import RoleReporter
from kandelia.boot.roles.contracts import RoleContext
from kandelia.boot.settings import Settings
from kandelia.boot.streams import ensure_missing_streams
from kandelia.engines.files.secrets import FileSecrets
from kandelia.engines.nats.bus import NatsBus

STOP_S = {
    "edge": 3.5,  # its connections are closed, then what they hold is sent
    "history": 8.0,  # a reader must be cancelled and an append finished first
}
STOP_S_OTHERS = 4.0
CLOSE_BUS_S = 2.0
BUS_POLL_S = 0.5
LOG_BYTES_MAX = 5_000_000
LOG_FILES = 3
EXIT_FAILED, EXIT_SETTINGS, EXIT_FORCED = 1, 78, 70  # sysexits.h: EX_CONFIG, EX_SOFTWARE

Run = Callable[[RoleContext], Awaitable[None]]
log = logging.getLogger("kandelia.boot")


def main(arguments: list[str] | None = None) -> int:
    """The exit code: 0 stopped, 1 failed, 70 had to be ended, 78 settings are wrong."""
    parser = argparse.ArgumentParser()
    parser.add_argument("name")
    parser.add_argument("--module", default="")
    given = parser.parse_args(arguments)
    if parent := os.environ.pop("KANDELIA_PARENT", ""):
        tie_to_parent(int(parent))
    leave_pandas_out()
    try:
        settings = load_settings(os.environ.get("KANDELIA_SETTINGS"))
        make_directories(settings)
        _log_to(settings.log_directory / f"{given.name}.log")
        run = find_role(given.name, given.module)
        return uvloop.run(run_role(given.name, settings, run))
    except KandeliaError as error:
        print(f"{given.name}: {error}", file=sys.stderr)
        return EXIT_SETTINGS if isinstance(error, SettingsError) else EXIT_FAILED


def find_role(name: str, module: str = "") -> Run:
    """The role's `run`; SettingsError for a name that is none."""
    place = module or f"kandelia.boot.roles.{name}"
    try:
        run: Run = importlib.import_module(place).run
    except ModuleNotFoundError as error:
        if error.name != place:
            raise
        raise SettingsError(f'there is no role "{name}"', mend="see kandelia up --help") from None
    return run


async def run_role(name: str, settings: Settings, run: Run) -> int:
    """From the first signal to the exit code; the bus may come later than the role."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    bus = await _wait_for_bus(name, settings, stopping)
    if bus is None:
        return 0
    clock = SystemClock()
    reporter = RoleReporter(name, clock, settings.node)
    secrets = FileSecrets(settings.secrets_directory)
    context = RoleContext(name, settings, bus, secrets, clock, reporter, stopping)
    work = asyncio.ensure_future(run(context))
    # A role that imports a library may have lost the handlers to it; the loop's own are set again.
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    beside = [asyncio.create_task(reporter.run(bus)), asyncio.create_task(give_memory_back())]
    try:
        return await _until_done(name, work, stopping)
    finally:
        for one in beside:
            one.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await asyncio.wait([asyncio.create_task(bus.close())], timeout=CLOSE_BUS_S)


async def _until_done(name: str, work: "asyncio.Future[None]", stopping: asyncio.Event) -> int:
    told: asyncio.Future[Any] = asyncio.create_task(stopping.wait())
    await asyncio.wait([work, told], return_when=asyncio.FIRST_COMPLETED)
    if stopping.is_set():
        _end_by_force_after(STOP_S.get(name, STOP_S_OTHERS) + CLOSE_BUS_S)
        await asyncio.wait([work], timeout=STOP_S.get(name, STOP_S_OTHERS))
    told.cancel()
    if not work.done():
        log.error("the role did not stop in time")
        return EXIT_FORCED
    if (error := work.exception()) is not None:
        log.error("the role failed", exc_info=error)
        print(f"{name}: {type(error).__name__}: {error}", file=sys.stderr)
        return EXIT_SETTINGS if isinstance(error, SettingsError) else EXIT_FAILED
    if not stopping.is_set():
        print(f"{name}: ended by itself", file=sys.stderr)
        return EXIT_FAILED
    return 0


async def _wait_for_bus(name: str, settings: Settings, stopping: asyncio.Event) -> NatsBus | None:
    """The bus with its streams, or None when asked to stop before it came."""
    bus: NatsBus | None = None
    said = ""
    while not stopping.is_set():
        try:
            bus = bus or await open_settings_bus(settings, name, wait_s=0)
            await bus.wait_connected(BUS_POLL_S)
            await ensure_missing_streams(bus, settings)
            return bus
        except Unavailable as error:
            if str(error) != said:
                said = str(error)
                log.warning("waiting for the bus: %s", said)
            await asyncio.sleep(BUS_POLL_S / 5)
    if bus is not None:
        await bus.close()
    return None


def _end_by_force_after(seconds: float) -> None:
    """Even where the loop itself hangs in a library."""
    timer = threading.Timer(seconds, os._exit, (EXIT_FORCED,))
    timer.daemon = True
    timer.start()


def _log_to(file: Path) -> None:
    handler = logging.handlers.RotatingFileHandler(file, maxBytes=LOG_BYTES_MAX, backupCount=LOG_FILES, delay=True)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])


if __name__ == "__main__":
    code = main()
    logging.shutdown()
    sys.stderr.flush()
    os._exit(code)  # libraries' own threads and finalizers must not hold up a stop
