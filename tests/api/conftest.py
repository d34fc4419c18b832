"""A real NATS, a real history role over the memory store, and Django's records in one process."""

import asyncio
import time
from pathlib import Path

import pytest
from django.test import Client

from kandelia.base.clock import SystemClock
from kandelia.base.text import LocalText
from kandelia.boot.reporting import RoleReporter
from kandelia.boot.roles import history
from kandelia.boot.roles.contracts import RoleContext
from kandelia.boot.settings import HistorySettings, Settings
from kandelia.boot.streams import ensure_missing_streams
from kandelia.engines.files.secrets import FileSecrets
from kandelia.engines.nats.bus import open_bus
from kandelia.engines.nats.server import NatsServer
from kandelia.kernel.access.contracts import Role
from kandelia.kernel.access.facade import add_organisation, create_token, system_viewer
from kandelia.kernel.connections import outbox, secrets
from kandelia.kernel.events import bridge
from kandelia.kernel.signals.facade import list_signals
from kandelia.kernel.signals.publishing import SnapshotBucket
from kandelia.kernel.signals.snapshot import document
from kandelia.kernel.templates.site_files import load_plant

PLANT = """\
connections:
  - {key: link, site: s1, driver: opcua, settings: {url: "opc.tcp://127.0.0.1:4840"}}
sites:
  - key: s1
    name: {zh: 一厂, en: Plant one}
    areas:
      - key: hall
        name: {zh: 车间, en: Hall}
        lines: [{key: l1, name: Line}]
        machines:
          - key: oven
            name: {zh: 回流焊炉, en: Oven}
            connection: link
            signals:
              - {key: temperature, name: {zh: 温度, en: Temperature}, unit: Cel, address: a}
              - {key: count, type: integer, address: b}
              - {key: on, type: boolean, address: c}
              - {key: order, type: text, address: d}
              - {key: state, type: enumeration, labels: {0: off, 1: on}, address: e}
"""


@pytest.fixture(scope="session")
def nats(tmp_path_factory):
    keeper = FileSecrets(tmp_path_factory.mktemp("api-secrets"))
    server = NatsServer(tmp_path_factory.mktemp("api-bus"), keeper)
    asyncio.run(server.start())
    yield server, keeper
    server.stop()


@pytest.fixture
def plane(nats, tmp_path):
    """The bridge over NATS, with the history role in its loop."""
    server, keeper = nats

    async def opened():
        bus = await open_bus([server.url], server.login, name="api-test", wait_s=5)
        settings = Settings(Path(tmp_path), history=HistorySettings(engine="memory", flush_ms=50))
        await ensure_missing_streams(bus, settings)
        clock = SystemClock()
        context = RoleContext("history", settings, bus, keeper, clock, RoleReporter("history", clock))
        bus.role = asyncio.create_task(history.run(context))
        return bus

    secrets.configure(keeper)
    bridge.configure(opened)
    yield bridge
    bridge.configure(None)


class Program:
    """A program with a token."""

    def __init__(self, organisation: str, role: Role) -> None:
        self.viewer = system_viewer(organisation)
        _, self.secret = create_token(self.viewer, f"{role}-{time.time_ns()}", role)
        self.client = Client(headers={"Authorization": f"Bearer {self.secret}"}, raise_request_exception=False)

    def __call__(self, method: str, path: str, body=None, **more):
        if body is not None and not isinstance(body, bytes):
            more.setdefault("content_type", "application/json")
        return self.client.generic(method, f"/api/v1{path}", body if isinstance(body, bytes) else _json(body), **more)

    def get(self, path: str, status: int = 200):
        answer = self("GET", path)
        assert answer.status_code == status, answer.content[:500]
        return answer.json()


def _json(body):
    import json

    return b"" if body is None else json.dumps(body).encode()


@pytest.fixture
def plants(transactional_db):
    """Two organisations with the same plant each; numbers by key of the first and the second."""
    found = {}
    for name in ("north", "south"):
        add_organisation(name, LocalText(zh=name, en=name))
        viewer = system_viewer(name)
        load_plant(viewer, PLANT, "plant.yaml")
        found[name] = {view.key: view.number for view in list_signals(viewer).items}
    return found


@pytest.fixture
def published(plane, plants):
    """The snapshot on the bus, as the jobs role writes it."""
    outbox.reconcile(SnapshotBucket())
    outbox.publish(SnapshotBucket(), document)
    time.sleep(0.5)
    return plants
