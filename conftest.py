"""Real parts for tests of any room: a free port, a NATS server, a bus connected to it."""

import importlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings
from pytest_django.plugin import DjangoDbBlocker

from kandelia.engines.files.secrets import FileSecrets
from kandelia.engines.nats import server as nats_server_module
from kandelia.engines.nats.bus import NatsBus, open_bus
from kandelia.engines.nats.server import NatsServer
from tests.scheduling import ByRoom, tell_reruns, try_whole_again, whole_first

# A busy machine is no defect; `make fuzz` searches with fresh chance, everything else replays.
settings.register_profile("house", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")
BUS_S = 60.0  # a deadline on a busy machine
collect_ignore = ["examples/tiny-app"]  # a package of its own: the journey of third parties installs and tries it


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByRoom:
    """What starts a whole installation runs in one worker."""
    return ByRoom(config, log)  # type: ignore[arg-type]


@pytest.hookimpl(trylast=True)  # a folder's own hook marks its tests
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest unit begins first; whole installations have a second try."""
    whole_first(items)
    try_whole_again(items)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A second try is never overlooked."""
    tell_reruns(terminalreporter)


@pytest.fixture
def free_port() -> int:
    """A port nobody listens on now."""
    return nats_server_module.free_port()


@pytest_asyncio.fixture
async def nats_server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """A running server with JetStream that syncs always, in a directory of its own."""
    server = NatsServer(tmp_path / "bus", FileSecrets(tmp_path / "secrets"), log_file=tmp_path / "nats.log")
    await server.start()
    yield server
    server.stop()


@pytest_asyncio.fixture
async def bus(nats_server: NatsServer) -> AsyncIterator[NatsBus]:
    """A bus connected to `nats_server`."""
    connected = await open_bus((nats_server.url,), nats_server.login, wait_s=BUS_S)
    yield connected
    await connected.close()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The test database, whose audit may be emptied between tests; tests of the audit guard it again themselves."""
    append_only = importlib.import_module("kandelia.kernel.access.append_only")
    connections = importlib.import_module("django.db").connections
    with django_db_blocker.unblock():
        append_only.release(connections["default"])


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Records in a file: SQLite in memory locks whole tables between threads, which no installation does."""
    database = importlib.import_module("django.db").connections.settings["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database.setdefault("TEST", {})["NAME"] = str(tmp_path_factory.mktemp("records") / "records.sqlite3")
