"""Promise: sites, areas, lines and machines are records; those of before keep their ids and keys; places move along."""

from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from kandelia.base.errors import Conflict, InvalidInput, NotFound
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Role, Viewer
from kandelia.kernel.access.facade import add_organisation
from kandelia.kernel.connections import facade as connections
from kandelia.kernel.connections.contracts import ConnectionView
from kandelia.kernel.records import facade as records
from kandelia.kernel.records.contracts import Query
from kandelia.kernel.records.models import Entry
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.things import facade as things

pytestmark = pytest.mark.django_db
ENGINEER = Viewer("main", "person:1", "Wang", Role.ENGINEER)
VIEWER = Viewer("main", "person:2", "Li", Role.VIEWER)
LEVELS = ("site", "area", "line", "machine")


def make_plant() -> None:
    add_organisation("main", LocalText("主厂"))
    things.put_site(ENGINEER, "sz", LocalText("深圳厂"), "Asia/Shanghai")
    things.put_area(ENGINEER, "sz/smt", LocalText("贴片"))
    things.put_line(ENGINEER, "sz/smt/lines/l1", LocalText("一号线"))
    things.put_machine(ENGINEER, "sz/smt/oven", LocalText("回流炉", "Oven"), kind="reflow-oven", line="l1")


@pytest.fixture
def plant(db: Any) -> None:
    make_plant()


def only(type: str) -> Any:
    (view,) = records.page(VIEWER, type, Query()).items
    return view


def test_each_level_is_listed_and_found(plant: None) -> None:
    assert [only(type).title for type in LEVELS] == ["sz", "sz/smt", "sz/smt/lines/l1", "sz/smt/oven"]
    assert [hit.type for hit in records.search(VIEWER, "回流炉")] == ["machine"]


def test_what_a_form_changes_the_tree_says(plant: None) -> None:
    records.change(ENGINEER, "machine", only("machine").id, {"name_en": "Oven 2"})
    assert things.machine(VIEWER, "sz/smt/oven").name.en == "Oven 2"
    with pytest.raises(InvalidInput):
        records.change(ENGINEER, "site", only("site").id, {"time_zone": "Moon/Crater"})


def test_a_change_by_a_writer_stands_in_the_history(plant: None) -> None:
    things.put_machine(ENGINEER, "sz/smt/oven", LocalText("炉", "Oven"), kind="reflow-oven", line="l1")
    (change,) = records.changes(VIEWER, "machine", only("machine").id)
    assert change.fields == {"name_zh": ("回流炉", "炉")}


def test_a_moved_site_takes_the_paths_along(plant: None) -> None:
    things.move(ENGINEER, "sz", "shenzhen")
    assert [only(type).title for type in LEVELS] == [
        "shenzhen",
        "shenzhen/smt",
        "shenzhen/smt/lines/l1",
        "shenzhen/smt/oven",
    ]
    assert [hit.title for hit in records.search(VIEWER, "oven")] == ["shenzhen/smt/oven"]


def test_nothing_is_retired_while_something_hangs_on_it(plant: None) -> None:
    view = SignalView(0, "", "temp", "sz/smt/oven", LocalText("温度"), Kind.FLOAT)
    made = signals.put_signal(ENGINEER, view)
    for type, what in (("site", "1 area"), ("area", "1 line, 1 machine"), ("line", "1 machine"), ("machine", "1 sig")):
        with pytest.raises(Conflict, match=what):
            records.act(ENGINEER, type, only(type).id, "retire")
    (entry,) = (
        one.id for one in records.page(ENGINEER, "signal", Query()).items if one.values["number"] == made.number
    )
    records.act(ENGINEER, "signal", entry, "retire")
    for type in reversed(LEVELS):
        records.act(ENGINEER, type, only(type).id, "retire")
    things.put_site(ENGINEER, "sz", LocalText("旧厂"), "Asia/Shanghai")
    assert only("site").state == "retired"
    records.act(ENGINEER, "site", only("site").id, "restore")


def test_a_removed_thing_leaves_no_record(plant: None) -> None:
    machine = only("machine").id
    with pytest.raises(Conflict, match="machines"):
        things.remove(ENGINEER, "sz/smt/lines/l1")
    things.remove(ENGINEER, "sz/smt/oven")
    with pytest.raises(NotFound):
        records.get(VIEWER, "machine", machine)


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_tables_of_before_become_records_with_their_ids() -> None:
    make_plant()
    things.put_machine(ENGINEER, "sz/smt/press", LocalText("压机"))
    link = ConnectionView("plc", "sz", LocalText("控制器"), "opcua", {"endpoint": "opc.tcp://127.0.0.1:4840"}, True)
    off = ConnectionView("old", "sz", LocalText(), "opcua", {}, False)
    connections.put_connections(ENGINEER, [link, off])
    before = {type: ids(type) for type in (*LEVELS, "connection")}
    executor = MigrationExecutor(connection)
    executor.migrate([("things", "0001_initial"), ("connections", "0001_initial")])
    assert not Entry.objects.filter(type__in=before).exists()
    MigrationExecutor(connection).migrate(MigrationExecutor(connection).loader.graph.leaf_nodes())
    assert {type: ids(type) for type in before} == before
    assert [view.state for view in records.page(VIEWER, "connection", Query(sort="key")).items] == ["retired", "active"]
    assert [hit.title for hit in records.search(VIEWER, "压机")] == ["sz/smt/press"]
    assert len(things.tree(VIEWER)[0].areas[0].lines[0].machines) == 1


def ids(type: str) -> list[tuple[int, str, str]]:
    rows = records.type_of(type).model.objects.order_by("pk")
    return [(row.pk, row.key, row.name_zh) for row in rows]
