"""Promise: a template is shown, applied, changed and kept in versions; nothing of it is half applied or lost."""

from dataclasses import replace
from typing import Any

import pytest

from kandelia.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Role, Viewer
from kandelia.kernel.access.facade import add_organisation
from kandelia.kernel.access.models import AuditEntry
from kandelia.kernel.connections import facade as connections
from kandelia.kernel.connections import outbox
from kandelia.kernel.connections.contracts import ConnectionView
from kandelia.kernel.records import facade as records
from kandelia.kernel.records.contracts import Query
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.templates import facade as templates
from kandelia.kernel.templates.definitions import InstanceView, Parameter, Proposal, TemplateView
from kandelia.kernel.things import facade as things

pytestmark = pytest.mark.django_db
ENGINEER = Viewer("main", "person:1", "Wang", Role.ENGINEER)
VIEWER = Viewer("main", "person:2", "Li", Role.VIEWER)
TEMP = SignalView(
    0, "", "temp", "", LocalText("温度", "Temperature"), Kind.FLOAT, "Cel", address="ns=2;s={device}.Temp"
)
SPEED = SignalView(0, "", "speed", "", LocalText("速度"), Kind.FLOAT, address="ns=2;s={device}.Speed", period_ms=500)
OVEN = TemplateView("oven", LocalText("炉", "Oven"), (Parameter("device"),), (TEMP, SPEED))
COUNT = 12


@pytest.fixture(autouse=True)
def plant(db: Any) -> None:
    add_organisation("main", LocalText("主厂"))
    things.put_site(ENGINEER, "sz", LocalText("深圳厂"))
    things.put_area(ENGINEER, "sz/smt", LocalText("贴片"))
    for n in range(COUNT):
        things.put_machine(ENGINEER, f"sz/smt/oven-{n}", LocalText(f"炉 {n}"))
    connections.put_connection(ENGINEER, ConnectionView("plc", "sz", LocalText(), "opcua", {}))


def use(numbers: Any = range(COUNT), **more: Any) -> None:
    wanted = [InstanceView("oven", f"sz/smt/oven-{n}", "plc", {"device": f"Oven_{n}"}, **more) for n in numbers]
    templates.put_instances(ENGINEER, "oven", wanted)


def published(view: TemplateView = OVEN) -> None:
    templates.put_template(ENGINEER, view)
    templates.publish(ENGINEER, view.key)


def test_applied_to_many_at_once_and_then_nothing_is_left(
    django_capture_on_commit_callbacks: Any, monkeypatch: Any
) -> None:
    nudges: list[int] = []
    monkeypatch.setattr(outbox, "nudge", lambda: nudges.append(1))
    published()
    use()
    shown = templates.preview(VIEWER, "oven")
    assert [len(one.difference.added) for one in shown] == [2] * COUNT
    with django_capture_on_commit_callbacks(execute=True):
        done = templates.apply(ENGINEER, "oven")
    assert (done.instances, done.created, done.version) == (COUNT, 2 * COUNT, 1) and len(nudges) == 1
    assert [view.address for view in signals.of_machine(VIEWER, "sz/smt/oven-7")] == [
        "ns=2;s=Oven_7.Temp",
        "ns=2;s=Oven_7.Speed",
    ]
    assert not any(one.difference.any for one in templates.preview(VIEWER, "oven"))
    assert {view.version for view in templates.instances(VIEWER, "oven")} == {1}
    assert AuditEntry.objects.filter(action="template.apply", target="oven").count() == 1


def test_a_change_is_shown_over_the_instances_and_applied_to_those_chosen() -> None:
    published()
    use()
    use([3], overrides={"temp": {"unit": "K"}})
    templates.apply(ENGINEER, "oven")
    numbers = {view.key: view.number for view in signals.of_machine(VIEWER, "sz/smt/oven-0")}
    count = replace(SPEED, key="count", address="ns=2;s={device}.Count", kind=Kind.INTEGER)
    templates.put_template(ENGINEER, replace(OVEN, signals=(replace(TEMP, unit="[degF]", decimals=1), count)))
    shown = {one.instance.machine: one.difference for one in templates.preview(VIEWER, "oven")}
    plain, own = shown["sz/smt/oven-0"], shown["sz/smt/oven-3"]
    assert [view.key for view in plain.added] == ["count"] and [view.key for view in plain.retired] == ["speed"]
    assert [(one.name, one.before, one.after) for one in plain.changed[0].fields] == [
        ("unit", "Cel", "[degF]"),
        ("decimals", "2", "1"),
    ]
    assert [one.name for one in own.changed[0].fields] == ["decimals"]
    with pytest.raises(Conflict, match="not published"):
        templates.apply(ENGINEER, "oven")
    templates.publish(ENGINEER, "oven")
    templates.apply(ENGINEER, "oven", ["sz/smt/oven-0"])
    after = {view.key: view for view in signals.of_machine(VIEWER, "sz/smt/oven-0")}
    assert (after["speed"].active, after["count"].active, after["temp"].unit) == (False, True, "[degF]")
    assert {key: after[key].number for key in numbers} == numbers
    assert {view.key for view in signals.of_machine(VIEWER, "sz/smt/oven-1")} == {"temp", "speed"}
    versions = {view.machine: view.version for view in templates.instances(VIEWER, "oven")}
    assert (versions["sz/smt/oven-0"], versions["sz/smt/oven-1"]) == (2, 1)
    assert [(one.version, one.signals) for one in templates.versions(VIEWER, "oven")] == [(2, 2), (1, 2)]


def test_what_was_retired_and_is_wanted_again_is_read_again() -> None:
    published()
    use([0])
    templates.apply(ENGINEER, "oven")
    for view in (replace(OVEN, signals=(TEMP,)), OVEN):
        published(view)
        templates.apply(ENGINEER, "oven")
    speed = signals.of_machine(VIEWER, "sz/smt/oven-0")[1]
    assert speed.active and templates.template(VIEWER, "oven").version == 3


def test_one_that_is_wrong_holds_back_all() -> None:
    published()
    use()
    templates.put_instances(ENGINEER, "oven", [InstanceView("oven", "sz/smt/oven-5", "plc")])
    assert [one.instance.machine for one in templates.preview(VIEWER, "oven") if one.wrong] == ["sz/smt/oven-5"]
    with pytest.raises(InvalidInput, match='"device" has no value'):
        templates.apply(ENGINEER, "oven")
    assert signals.list_signals(VIEWER).total == 0
    with pytest.raises(InvalidInput, match="does not use this template"):
        templates.apply(ENGINEER, "oven", ["sz/smt/none"])


def test_a_machine_becomes_a_template_and_ten_others_follow() -> None:
    for key in ("temp", "speed"):
        address, name = f"ns=2;s=Oven_0.{key.title()}", LocalText(key)
        signals.put_signal(
            ENGINEER, SignalView(0, "", key, "sz/smt/oven-0", name, Kind.FLOAT, connection="plc", address=address)
        )
    before = signals.of_machine(VIEWER, "sz/smt/oven-0")
    (proposed,) = templates.proposals(VIEWER, "sz/smt/oven-0")
    assert proposed == Proposal("Oven_0", "device", 2)
    view = templates.template_of_machine(ENGINEER, "sz/smt/oven-0", "oven", LocalText("炉"), [proposed])
    assert (view.state, view.version, view.instances) == ("published", 1, 1)
    assert signals.of_machine(VIEWER, "sz/smt/oven-0") == before
    use(range(1, 11))
    assert templates.apply(ENGINEER, "oven").created == 20
    assert signals.of_machine(VIEWER, "sz/smt/oven-9")[0].address == "ns=2;s=Oven_9.Temp"


def test_who_may_only_see_changes_nothing_and_strangers_see_nothing() -> None:
    published()
    for act in (
        lambda: templates.put_template(VIEWER, OVEN),
        lambda: templates.publish(VIEWER, "oven"),
        lambda: templates.put_instances(VIEWER, "oven", []),
        lambda: templates.apply(VIEWER, "oven"),
    ):
        with pytest.raises(NotAllowed):
            act()
    add_organisation("other", LocalText("别厂"))
    with pytest.raises(NotFound):
        templates.template(Viewer("other", "person:3", "X", Role.ADMINISTRATOR), "oven")


def test_a_template_is_a_record_that_is_published_and_withdrawn() -> None:
    made = records.create(ENGINEER, "template", {"key": "press", "name_zh": "压机"})
    with pytest.raises(Conflict, match="no signals"):
        records.act(ENGINEER, "template", made.id, "publish")
    templates.put_template(ENGINEER, TemplateView("press", LocalText("压机"), (), (replace(TEMP, address="a"),)))
    assert records.act(ENGINEER, "template", made.id, "publish").state == "published"
    records.act(ENGINEER, "template", made.id, "withdraw")
    with pytest.raises(Conflict, match="withdrawn"):
        templates.put_template(ENGINEER, TemplateView("press", LocalText()))
    assert [hit.title for hit in records.search(VIEWER, "压机")] == ["press"]


def test_an_instance_that_leaves_keeps_its_signals() -> None:
    published()
    use([0, 1])
    templates.apply(ENGINEER, "oven")
    first = records.page(ENGINEER, "template-instance", Query(sort="created")).items[0]
    records.act(ENGINEER, "template-instance", first.id, "retire")
    assert [view.machine for view in templates.instances(VIEWER, "oven")] == ["sz/smt/oven-1"]
    assert all(view.active for view in signals.of_machine(VIEWER, "sz/smt/oven-0"))
