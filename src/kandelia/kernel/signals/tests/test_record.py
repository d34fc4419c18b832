"""Promise: a signal is a record like any other, with its number kept, and the data plane hears of every change."""

from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from kandelia.base.errors import InvalidInput, NotAllowed, NotFound
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Role, Viewer
from kandelia.kernel.access.facade import add_organisation
from kandelia.kernel.connections.models import Outbox
from kandelia.kernel.records import facade as records
from kandelia.kernel.records.contracts import Query
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.things import facade as things

pytestmark = pytest.mark.django_db
ENGINEER = Viewer("main", "person:1", "Wang", Role.ENGINEER)
VIEWER = Viewer("main", "person:2", "Li", Role.VIEWER)


@pytest.fixture(autouse=True)
def plant() -> None:
    add_organisation("main", LocalText("主厂"))
    things.put_site(ENGINEER, "sz", LocalText("深圳厂"))
    things.put_area(ENGINEER, "sz/smt", LocalText("贴片"))
    things.put_machine(ENGINEER, "sz/smt/oven", LocalText("回流炉"))


def put(key: str = "temp", **more: Any) -> SignalView:
    view = SignalView(0, "", key, "sz/smt/oven", LocalText("一区温度", "Zone 1"), Kind.FLOAT, "Cel", **more)
    return signals.put_signal(ENGINEER, view)


def entry_of(number: int) -> int:
    page = records.page(ENGINEER, "signal", Query(limit=200))
    return next(view.id for view in page.items if view.values["number"] == number)


def test_written_signals_are_listed_and_found() -> None:
    made = [put(f"t{n}") for n in range(5)]
    page = records.page(VIEWER, "signal", Query(sort="id"))
    assert [view.values["number"] for view in page.items] == [view.number for view in made]
    assert [hit.title for hit in records.search(VIEWER, "一区 t3")] == ["sz.smt.oven.t3"]


def test_a_change_by_form_keeps_the_number_and_tells_the_data_plane() -> None:
    number = put().number
    Outbox.objects.all().delete()
    records.change(ENGINEER, "signal", entry_of(number), {"unit": "K", "high": "500"})
    assert (signals.signal(ENGINEER, number).unit, signals.signal(ENGINEER, number).high) == ("K", 500.0)
    assert Outbox.objects.exists()
    assert records.changes(VIEWER, "signal", entry_of(number))[0].fields["unit"] == ("Cel", "K")
    with pytest.raises(InvalidInput):
        records.change(ENGINEER, "signal", entry_of(number), {"unit": "no such unit"})
    with pytest.raises(NotAllowed):
        records.change(VIEWER, "signal", entry_of(number), {"unit": "K"})


def test_a_change_by_a_writer_stands_in_the_history() -> None:
    number = put().number
    put(decimals=3)
    (change,) = records.changes(VIEWER, "signal", entry_of(number))
    assert change.fields == {"decimals": ("2", "3")}


def test_a_retired_signal_is_read_no_longer_and_comes_back() -> None:
    number = put().number
    records.act(ENGINEER, "signal", entry_of(number), "retire")
    assert not signals.signal(ENGINEER, number).active
    records.act(ENGINEER, "signal", entry_of(number), "restore")
    assert signals.signal(ENGINEER, number).active
    put(active=False)
    assert records.get(VIEWER, "signal", entry_of(number)).state == "retired"


def test_a_removed_signal_leaves_no_record() -> None:
    number = put().number
    id = entry_of(number)
    signals.remove_signal(ENGINEER, number)
    with pytest.raises(NotFound):
        records.get(VIEWER, "signal", id)


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_signals_of_before_become_records_with_their_numbers() -> None:
    numbers = [put(f"t{n}").number for n in range(3)]
    executor = MigrationExecutor(connection)
    executor.migrate([("signals", "0001_initial")])
    again = MigrationExecutor(connection)
    again.migrate(again.loader.graph.leaf_nodes())
    page = records.page(VIEWER, "signal", Query(sort="id"))
    assert [view.values["number"] for view in page.items] == numbers
    assert [hit.title for hit in records.search(VIEWER, "t2")] == ["sz.smt.oven.t2"]
