"""Promise: a command goes from a person through record, bus and edge to a device and back; every rule holds."""

import asyncio
import time
from contextlib import contextmanager
from datetime import timedelta

import msgspec
import pytest
from django.utils import timezone

from kandelia.base.clock import SystemClock
from kandelia.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kandelia.engines.files.secrets import FileSecrets
from kandelia.kernel.access.contracts import Grant, Role, Viewer
from kandelia.kernel.access.facade import list_audit, system_viewer
from kandelia.kernel.commands import facade, serving
from kandelia.kernel.commands.records.command import Command
from kandelia.kernel.connections import outbox
from kandelia.kernel.connections.orders import Fate, Word, fate_subject
from kandelia.kernel.connections.plane.discovery import Drivers
from kandelia.kernel.connections.plane.edge import Edge, EdgePlan
from kandelia.kernel.events import bridge
from kandelia.kernel.records import facade as records
from kandelia.kernel.signals.facade import signal
from kandelia.kernel.signals.publishing import SnapshotBucket
from kandelia.kernel.signals.snapshot import document
from kandelia.kernel.templates.site_files import load_plant
from kandelia.kernel.work import inbox
from kandelia.kernel.work.contracts import InboxQuery
from tests.edge.rig import Told
from tests.edge.scripted import ScriptedDriver

from .conftest import Program

WAIT_S = 40
COMMANDED = """\
sites:
  - key: s1
    areas:
      - key: hall
        lines: [{key: l1, name: Line}]
        machines:
          - key: oven
            connection: link
            signals:
              - {key: temperature, unit: Cel, address: a, command: {range: [20, 300], second_person: %s}}
              - {key: count, type: integer, address: b, command: {range: [0, 9], every: 1h}}
              - {key: state, type: enumeration, labels: {0: off, 1: on}, address: e, command: {}}
"""


def someone(name, role=Role.OPERATOR, organisation="north", **more):
    return Viewer(organisation, f"person:{name}", f"Person {name}", role, "en", **more)


ANN, BEN = someone(1), someone(2)


def publish():
    outbox.reconcile(SnapshotBucket())
    outbox.publish(SnapshotBucket(), document)


@pytest.fixture
def numbers(plane, plants):
    load_plant(system_viewer("north"), COMMANDED % "false", "plant.yaml")
    publish()
    return plants["north"]


@contextmanager
def edge(directory, driver):
    """A real edge over the same bus, with a device that does as the test says."""

    async def begin(bus):
        async def streams():
            """They are there."""

        drivers = Drivers(directory, {"opcua": driver})
        plan = EdgePlan(directory / "edge", directory / "drivers", batch_s=0.1)
        made = Edge(plan, bus, FileSecrets(directory / "secrets"), SystemClock(), Told(), streams, drivers)
        stopping = asyncio.Event()
        return asyncio.create_task(made.run(stopping)), stopping

    async def end(bus):
        stopping.set()
        await task

    task, stopping = bridge.bus_call(begin)
    try:
        yield
    finally:
        bridge.bus_call(end, 20)


def until(ask):
    last_s = time.monotonic() + WAIT_S
    while not (found := ask()):
        assert time.monotonic() < last_s, "not in time"
        serving.serve_once()
        time.sleep(0.05)
    return found


def ended(view, viewer=ANN):
    return until(lambda: (now := facade.command(viewer, view.id)).over and now)


def test_from_the_api_to_the_device_and_back(numbers, tmp_path):
    program, driver = Program("north", Role.OPERATOR), ScriptedDriver(holds={"a": 240.0})
    body = {"signal": "s1.hall.oven.temperature", "value": 240, "reason": "a new recipe", "valid_s": 600}
    with edge(tmp_path, driver):
        made = program("POST", "/commands", body, headers={"Idempotency-Key": "k1"})
        assert made.status_code == 201, made.content
        again = program("POST", "/commands", body, headers={"Idempotency-Key": "k1"}).json()
        assert again["id"] == made.json()["id"]
        other = program("POST", "/commands", {**body, "value": 250}, headers={"Idempotency-Key": "k1"})
        assert (other.status_code, other.json()["type"].rpartition(":")[2]) == (409, "key-used")
        ended(facade.command(ANN, again["id"]))
    now = program.get(f"/commands/{again['id']}")
    assert (now["state"], now["wanted"], now["read_back"]) == ("confirmed", "240", "240")
    assert driver.written == [("a", 240.0)]
    steps = [step.name for step in records.steps(ANN, "command", now["id"])]
    assert steps == ["confirm", "take", "release", "create"]
    told = [row.action for row in list_audit(system_viewer("north")).items]
    assert told.count("record.step") >= 4 and "command.request" in told
    assert [one["id"] for one in program.get("/commands?state=confirmed")["items"]] == [now["id"]]


def test_what_may_not_be_commanded_is_refused_and_no_record_is_made(numbers):
    def code(number, value, viewer=ANN, reason="x"):
        with pytest.raises((InvalidInput, NotAllowed, NotFound, Conflict)) as wrong:
            facade.request(viewer, number, value, reason)
        return wrong.value.code

    temperature, count, state = (numbers[key] for key in ("temperature", "count", "state"))
    assert code(temperature, 301) == "out-of-range"
    assert code(temperature, "hot") == "wrong-kind"
    assert code(temperature, 100, reason=" ") == "missing"
    assert code(state, 7) == "no-such-code"
    assert code(numbers["on"], True) == "not-writable"
    assert code(temperature, 100, someone(3, Role.VIEWER)) == "not-allowed"
    assert code(temperature, 100, someone(3, Role.MEMBER)) == "not-allowed"
    assert code(temperature, 100, someone(3, Role.VIEWER, grants=(Grant(Role.OPERATOR, "s2"),))) == "not-allowed"
    assert code(temperature, 100, someone(3, Role.ADMINISTRATOR, "south")) == "not-found"
    assert not Command.objects.exists()
    facade.request(ANN, count, 3, "x", valid_s=5)
    assert code(count, 4) == "under-way"
    Command.objects.update(open=False)
    assert code(count, 4) == "too-soon"
    with pytest.raises(InvalidInput):
        records.create(ANN, "command", {})


def test_a_grant_at_its_place_lets_one_operate_there(numbers):
    here = someone(3, Role.VIEWER, grants=(Grant(Role.OPERATOR, "s1/hall"),))
    assert facade.request(here, numbers["temperature"], 100, "x").requested_by == "Person 3"


def test_a_foreign_organisation_sees_none_of_it(numbers):
    made = facade.request(ANN, numbers["temperature"], 100, "x")
    foreign = Program("south", Role.ADMINISTRATOR)
    for path in ("", "/approve", "/withdraw", "/decline"):
        answered = foreign("POST" if path else "GET", f"/commands/{made.id}{path}", {"reason": "x"} if path else None)
        assert answered.status_code == 404, (path, answered.content)
    assert foreign.get("/commands")["items"] == []
    assert foreign("GET", f"/records/command/{made.id}").status_code == 404


def test_a_second_person_approves_and_never_the_first(numbers, tmp_path):
    load_plant(system_viewer("north"), COMMANDED % "true", "plant.yaml")
    publish()
    asked = facade.request(ANN, numbers["temperature"], 240, "a new recipe")
    assert asked.state == "awaiting"
    with pytest.raises(NotAllowed) as wrong:
        facade.approve(ANN, asked.id)
    assert wrong.value.code == "four-eyes"
    assert [one.type for one in inbox.page(BEN, InboxQuery()).items] == ["command"]
    assert inbox.page(ANN, InboxQuery()).items == ()
    with edge(tmp_path, ScriptedDriver(holds={"a": 240.0})):
        facade.approve(BEN, asked.id)
        assert ended(asked).state == "confirmed"
    refused = facade.request(ANN, numbers["temperature"], 200, "again")
    assert facade.decline(BEN, refused.id, "not now").state == "refused"
    late = facade.request(ANN, numbers["temperature"], 210, "again")
    Command.objects.filter(pk=late.id).update(expires_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(Conflict):
        facade.approve(BEN, late.id)
    assert ended(late).state == "expired"


def test_withdrawn_or_expired_while_the_edge_is_away_it_is_never_sent(numbers, tmp_path):
    driver = ScriptedDriver(holds={"a": 230.0})
    gone = facade.request(ANN, numbers["temperature"], 240, "x", valid_s=600)
    serving.serve_once()
    assert facade.withdraw(ANN, gone.id).state == "withdrawn"
    late = facade.request(ANN, numbers["temperature"], 220, "x", valid_s=600)
    serving.serve_once()  # the order stands on the bus, and by its own words it is valid still
    Command.objects.filter(pk=late.id).update(expires_at=timezone.now() - timedelta(minutes=1))
    assert ended(late).state == "expired"
    with edge(tmp_path, driver):
        last = facade.request(ANN, numbers["temperature"], 230, "x")
        assert ended(last).state == "confirmed"
    assert driver.written == [("a", 230.0)]


def test_taken_and_never_answered_it_is_unknown_until_the_edge_tells(numbers):
    made = facade.request(ANN, numbers["temperature"], 240, "x")
    say(made, Fate.TAKEN, claim=True)
    until(lambda: facade.command(ANN, made.id).state == "sent")
    with pytest.raises(Conflict) as wrong:  # the step is gone by then
        facade.withdraw(ANN, made.id)
    assert wrong.value
    long_ago = timezone.now() - timedelta(hours=1)
    Command.objects.filter(pk=made.id).update(expires_at=long_ago, taken_at=long_ago)
    assert ended(made).outcome_code == "no-result"
    say(made, Fate.CONFIRMED, read_back=240.0)
    until(lambda: facade.command(ANN, made.id).state == "confirmed")


def test_a_withdrawal_after_the_claim_is_refused(numbers):
    made = facade.request(ANN, numbers["temperature"], 240, "x")
    say(made, Fate.TAKEN, claim=True)  # the record has not heard of it yet
    with pytest.raises(Conflict) as wrong:
        facade.withdraw(ANN, made.id)
    assert (wrong.value.code, facade.command(ANN, made.id).state) == ("taken", "approved")


def test_a_word_in_anothers_name_changes_nothing(numbers):
    made = facade.request(ANN, numbers["temperature"], 240, "x")
    say(made, Fate.CONFIRMED, organisation="south")
    own = facade.request(ANN, numbers["count"], 3, "x")
    say(own, Fate.TAKEN, claim=True)
    until(lambda: facade.command(ANN, own.id).state == "sent")
    assert facade.command(ANN, made.id).state == "approved"


def say(view, fate, organisation="north", **more):
    word = Word(view.order, organisation, fate, time.time_ns(), **more)
    subject = fate_subject(organisation, "s1", "link")

    async def store(bus):
        await bus.store(subject, msgspec.json.encode(word), message_id=word.message_id)

    bridge.bus_call(store)


def test_a_signal_says_what_may_be_commanded(numbers):
    view = signal(ANN, numbers["count"])
    assert (view.writable, view.command_low, view.command_high, view.rate_s) == (True, 0.0, 9.0, 3_600.0)
    program = Program("north", Role.ENGINEER)
    answered = program("PATCH", f"/signals/{view.number}", {"command_high": None})
    assert (answered.status_code, "command_range" in answered.content.decode()) == (400, True)
