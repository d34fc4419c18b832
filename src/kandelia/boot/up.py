"""The one-command start: checks, starts, says where to go, waits."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click
import psutil

from kandelia.base.errors import KandeliaError, SettingsError, Unavailable
from kandelia.boot import demo, demo_bureau, demo_history, migrated
from kandelia.boot.certificates import Https, https_for
from kandelia.boot.directories import make_directories
from kandelia.boot.settings import ROLES, Settings
from kandelia.boot.supervisor import NEED_RECORDS, Supervisor, child_environment, role_programs, supervise
from kandelia.boot.words import ADMINISTRATOR, PASSWORD_SECRET
from kandelia.engines.nats.server import free_port, port_is_free

QUIET_S = 0.5  # steps quicker than this are not worth a line
POLL_S = 0.05
WEB_READY_S = 120.0
BUS_S = 10.0
RENEW_S = 86_400.0
ANY_HOST = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 — how this machine reaches what listens everywhere


@dataclass
class Start:
    """One start of an installation."""

    settings: Settings
    demo: bool = False

    async def run(self) -> None:
        """Until told to stop. KandeliaError when it cannot start."""
        make_directories(self.settings)
        self.https = https_for(self.settings)
        self.settings = with_https(_choose_port(self.settings), self.https)
        self.first = not self._password_file.exists()
        self.address = address_of(self.settings, self.https)
        self.supervisor = Supervisor(self.settings, role_programs(self.settings), self.address)
        self.roles = self.settings.roles or ROLES
        self._demo_port = self._demo_modbus_port = 0
        if self.demo:  # found missing before anything is started
            self._demo_port = demo.demo_port(self.settings)
            self._demo_modbus_port = demo.demo_modbus_port(self.settings)
            self._demo_program = demo.demo_program(self.settings, self._demo_port, self._demo_modbus_port)
        _refuse_taken(self.settings)
        if not NEED_RECORDS.intersection(self.roles) or migrated.is_current(self.settings):  # nobody need wait
            self.supervisor.records_ready.set()
        if self.demo:
            self.supervisor.programs += (self._demo_program,)
        await supervise(self.supervisor, self._after_start)

    @property
    def _environment(self) -> dict[str, str]:
        return {**os.environ, **child_environment(self.settings)}

    @property
    def _password_file(self) -> Path:
        return self.settings.secrets_directory / PASSWORD_SECRET

    async def _after_start(self) -> None:
        await self._reach_bus()
        if not self.supervisor.records_ready.is_set():
            async with step("bringing the records up to date"):
                await self._migrate()
            self.supervisor.records_ready.set()
        async with step("starting"):
            await asyncio.gather(self._until_web_answers(), self._load_demo())
        self._say_where()
        await asyncio.gather(self._renew(), self._load_history())

    async def _reach_bus(self) -> None:
        """Where it is not ours, say that it is away; everything waits for it by itself."""
        if self.settings.bus.urls and self.supervisor.bus is not None:
            try:
                async with step("reaching the bus"):
                    await self.supervisor.bus.wait_connected(BUS_S)
            except KandeliaError as error:
                _say(f"{error}; it is tried again by itself")

    async def _migrate(self) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "kandelia.boot.migrate",
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            said, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        if process.returncode:
            lines = said.decode(errors="replace").strip().splitlines() or ["no reason given"]
            raise Unavailable(
                f"the records cannot be brought up to date: {lines[-1]}",
                where=str(self.settings.records.database or self.settings.records_file),
                mend="mend this and start again; nothing was lost",
            )

    async def _until_web_answers(self) -> None:
        if "web" not in self.roles:
            return
        host = ANY_HOST.get(self.settings.web.host, self.settings.web.host)
        deadline_s = asyncio.get_running_loop().time() + WEB_READY_S
        told: set[str] = set()
        while asyncio.get_running_loop().time() < deadline_s:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(host, self.settings.web.port)
                writer.close()
                return
            self._say_failures(told)
            if "web" in told:
                return
            await asyncio.sleep(POLL_S)

    def _say_failures(self, told: set[str]) -> None:
        for name, watched in self.supervisor.watched.items():
            if watched.state == "backing-off" and name not in told:
                told.add(name)
                _say(f"{name} does not run: {watched.last_exit} (tried again by itself; see {watched.output_file})")

    async def _load_demo(self) -> None:
        if not self.demo:
            return
        try:
            await demo.load_demo(self.settings, self._demo_port, self._demo_modbus_port, self._environment)
        except KandeliaError as error:
            _say(str(error))

    async def _load_history(self) -> None:
        if not self.demo:
            return
        try:
            await demo_history.load_history(self.settings, self._environment, _say)
        except KandeliaError as error:
            _say(str(error))
        try:
            await demo_bureau.load_bureau(self.settings, self._environment, _say)
        except KandeliaError as error:
            _say(str(error))

    def _say_where(self) -> None:
        self._say_failures(set())
        if "web" not in self.roles:
            where = ", ".join(self.settings.bus.urls) or "a bus of its own"
            _say(f"This host runs {', '.join(self.roles)} on {where}")
            return
        _say(f"Kandelia is at {self.address}  user {ADMINISTRATOR}  password {self._password_words()}")
        if self.https is not None and self.https.authority is not None:
            _say(f"Browsers must trust its authority once: {self.https.authority}")

    def _password_words(self) -> str:
        """The first password as long as it holds: the web role removes its file once it does not."""
        file = self._password_file
        try:
            password = file.read_text().strip()
        except OSError:
            return "as you set it"
        if self.first or sys.stdout.isatty():  # not into the log of a service at each start
            return f"{password}, kept in {file}"
        return f"see {file}"

    async def _renew(self) -> None:
        """A start that lasts years must not serve an old certificate: web is started again with the new one."""
        while self.https is not None:
            before = self.https.certificate.stat().st_mtime_ns
            await asyncio.sleep(RENEW_S)
            with contextlib.suppress(KandeliaError):
                https_for(replace(self.settings, web=replace(self.settings.web, certificate="", key="")))
            if self.https.certificate.stat().st_mtime_ns != before:
                self.supervisor.watched["web"].signal(15)


def with_https(settings: Settings, https: Https | None) -> Settings:
    """Settings that name the files to serve with."""
    if https is None:
        return settings
    return replace(settings, web=replace(settings.web, certificate=str(https.certificate), key=str(https.key)))


def address_of(settings: Settings, https: Https | None) -> str:
    """What a person on this machine types."""
    web = settings.web
    host = ANY_HOST.get(web.host, web.host)
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if https else 'http'}://{shown}:{web.port}/"


def _choose_port(settings: Settings) -> Settings:
    """Port 0 means: the one this installation had last, else a free one."""
    if settings.web.port:
        return settings
    file = settings.run_directory / "web.port"
    kept = 0
    with contextlib.suppress(OSError, ValueError):
        kept = int(file.read_text())
    port = kept if kept and port_is_free(kept, settings.web.host) else free_port(settings.web.host)
    file.write_text(f"{port}\n")
    return replace(settings, web=replace(settings.web, port=port))


def _refuse_taken(settings: Settings) -> None:
    web, bus = settings.web, settings.bus
    wanted = []
    if "web" in (settings.roles or ROLES):
        wanted.append((web.host, web.port, "--port, or [web] port in the settings"))
    if bus.port and not bus.urls:
        wanted.append(("127.0.0.1", bus.port, "[bus] port in the settings (0 takes a free one)"))
    for host, port, how in wanted:
        if not port_is_free(port, host):
            raise SettingsError(
                f"port {port} of {host} is in use{_user_of(port)}", mend=f"stop what uses it, or choose {how}"
            )


def _user_of(port: int) -> str:
    with contextlib.suppress(psutil.Error):
        for connection in psutil.net_connections("tcp"):
            here = connection.status == psutil.CONN_LISTEN and tuple(connection.laddr)[1:] == (port,)
            if here and connection.pid:
                return f" by process {connection.pid} ({psutil.Process(connection.pid).name()})"
    return ""


@asynccontextmanager
async def step(what: str) -> AsyncIterator[None]:
    """Say what takes long, and that it is done."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    note = loop.call_later(QUIET_S, _say, f"{what} …")
    try:
        yield
    finally:
        note.cancel()
    if loop.time() - began_s > QUIET_S:
        _say(f"{what}: done in {loop.time() - began_s:.1f} s")


def _say(text: str) -> None:
    click.echo(text)
