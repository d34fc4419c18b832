"""Promise: one organisation never sees, counts, searches or changes another's things, connections and signals."""

from dataclasses import replace

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from kandelia.base.errors import Conflict, InvalidInput, KandeliaError, NotAllowed, NotFound
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Right, Role, Viewer
from kandelia.kernel.access.facade import system_viewer
from kandelia.kernel.access.models import AuditEntry, Organisation
from kandelia.kernel.connections import facade as connections
from kandelia.kernel.connections import secrets
from kandelia.kernel.connections.contracts import ConnectionView
from kandelia.kernel.connections.models import Connection, Outbox
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.signals import queries, writes
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.signals.models import Signal, SignalVersion
from kandelia.kernel.things import facade as things

NORTH, SOUTH = system_viewer("north"), system_viewer("south")
NAME = LocalText("炉", "Oven")


def plant(viewer: Viewer) -> SignalView:
    things.put_site(viewer, "s1", NAME)
    things.put_area(viewer, "s1/hall", NAME)
    things.put_line(viewer, "s1/hall/lines/l1", NAME)
    things.put_machine(viewer, "s1/hall/oven", NAME, line="l1")
    connections.put_connection(viewer, ConnectionView("link", "s1", NAME, "opcua", {"url": "x"}))
    view = SignalView(0, "", "heat", "s1/hall/oven", LocalText("温度", "Heat"), Kind.FLOAT, "Cel", connection="link")
    return signals.put_signal(viewer, view)


@pytest.fixture
def north(db, monkeypatch) -> SignalView:
    monkeypatch.setattr(secrets, "_keeper", [type("Keeper", (), {"put": lambda self, name, secret: None})()])
    for name in ("north", "south"):
        Organisation.objects.create(id=name)
    return plant(NORTH)


def everything() -> list:
    rows = [list(model.objects.order_by("pk").values()) for model in (Signal, Connection, Outbox)]
    return [*rows, things.tree(NORTH)]


# Every function of the facades with a foreign viewer: what it answers, or the error.
FOREIGN = {
    "things.tree": lambda n: things.tree(SOUTH) == (),
    "things.machine": lambda n: things.machine(SOUTH, "s1/hall/oven"),
    "things.put_area": lambda n: things.put_area(SOUTH, "s1/hall", LocalText("x")),
    "things.put_line": lambda n: things.put_line(SOUTH, "s1/hall/lines/l1", LocalText("x")),
    "things.put_machine": lambda n: things.put_machine(SOUTH, "s1/hall/oven", LocalText("x")),
    "things.move": lambda n: things.move(SOUTH, "s1", "s2"),
    "things.remove": lambda n: things.remove(SOUTH, "s1/hall/oven"),
    "connections.list_connections": lambda n: connections.list_connections(SOUTH) == (),
    "connections.connection": lambda n: connections.connection(SOUTH, "link"),
    "connections.put_connection": lambda n: connections.put_connection(SOUTH, ConnectionView("link", "s1", NAME, "x")),
    "connections.put_connections": lambda n: connections.put_connections(SOUTH, [ConnectionView("a", "s1", NAME, "x")]),
    "connections.remove_connection": lambda n: connections.remove_connection(SOUTH, "link"),
    "connections.browse": lambda n: connections.browse(SOUTH, "link"),
    "signals.list_signals": lambda n: signals.list_signals(SOUTH).total == 0,
    "signals.list_signals search": lambda n: signals.list_signals(SOUTH, search="heat", machine="s1").items == (),
    "signals.signal": lambda n: signals.signal(SOUTH, n.number),
    "signals.signals_of": lambda n: signals.signals_of(SOUTH, [n.number]) == {},
    "signals.by_ids": lambda n: signals.by_ids(SOUTH, [n.id]) == {},
    "signals.of_machine": lambda n: signals.of_machine(SOUTH, "s1/hall/oven"),
    "signals.put_signal": lambda n: signals.put_signal(SOUTH, replace(n, key="mine")),
    "signals.put_signals": lambda n: signals.put_signals(SOUTH, [replace(n, number=0)]),
    "signals.remove_signal": lambda n: signals.remove_signal(SOUTH, n.number),
    "signals.seen_as": lambda n: signals.seen_as(SOUTH, n.number) is SOUTH,
    "signals.versions": lambda n: signals.versions(SOUTH, n.number) == (),
    "queries.raw": lambda n: queries.raw(SOUTH, [n.number], 0, 1),
    "queries.trend": lambda n: queries.trend(SOUTH, [n.number], 0, 1, 1),
    "queries.every": lambda n: queries.every(SOUTH, [n.number], 0, 1, 1),
    "queries.last": lambda n: queries.last(SOUTH, [n.number]),
    "queries.as_of": lambda n: queries.as_of(SOUTH, [n.number], 0, 1, 1),
    "queries.require_export": lambda n: queries.require_export(SOUTH, [n.number]) is None,  # the question refuses
    "writes.writable": lambda n: writes.writable(SOUTH, [n.number, n.id])[0] == {},
}
OWN_ONLY = {
    "things.put_site",
    "things.put_tree",
    "connections.find",
    "connections.states",
    "connections.try_connection",
    "writes.store_samples",
    "queries.trend_bucket_ns",
}


@pytest.mark.parametrize("what", FOREIGN)
def test_a_foreign_viewer_gets_nothing(north, what):
    before = everything()
    try:
        assert FOREIGN[what](north) is True
    except KandeliaError as error:
        assert isinstance(error, NotFound | InvalidInput), error
    assert everything() == before


def test_no_function_is_forgotten():
    public = {
        f"{name}.{function}"
        for name, module in (
            ("things", things),
            ("connections", connections),
            ("signals", signals),
            ("queries", queries),
        )
        for function, made in vars(module).items()
        if callable(made)
        and getattr(made, "__module__", "") == module.__name__
        and function[0] != "_"
        and function[0].islower()
    }
    assert public - OWN_ONLY == {name.split()[0] for name in FOREIGN if not name.startswith("writes")} - OWN_ONLY


WRITES = {
    "site": lambda v, n: things.put_site(v, "s3", NAME),
    "area": lambda v, n: things.put_area(v, "s1/a", NAME),
    "line": lambda v, n: things.put_line(v, "s1/hall/lines/l2", NAME),
    "machine": lambda v, n: things.put_machine(v, "s1/hall/m", NAME),
    "tree": lambda v, n: things.put_tree(v, ()),
    "move": lambda v, n: things.move(v, "s1", "s2"),
    "remove": lambda v, n: things.remove(v, "s1/hall/oven"),
    "connection": lambda v, n: connections.put_connection(v, ConnectionView("c", "s1", NAME, "opcua")),
    "remove connection": lambda v, n: connections.remove_connection(v, "link"),
    "browse": lambda v, n: connections.browse(v, "link"),
    "signal": lambda v, n: signals.put_signal(v, replace(n, unit="K")),
    "remove signal": lambda v, n: signals.remove_signal(v, n.number),
    "samples": lambda v, n: writes.writable(v, [n.number]),
}


@pytest.mark.parametrize("what", WRITES)
@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_a_role_without_the_right_writes_nothing(north, what, role):
    viewer, before = Viewer("north", "person:1", "x", role), everything()
    assert not viewer.may(Right.CONFIGURE)
    with pytest.raises(NotAllowed):
        WRITES[what](viewer, north)
    assert everything() == before


def test_moving_renames_signals_and_keeps_numbers(north):
    revision = Outbox.objects.get(key="north.link").revision
    things.move(NORTH, "s1/hall/oven", "s1/hall/kiln")
    assert signals.signal(NORTH, north.number).id == "s1.hall.kiln.heat"
    things.move(NORTH, "s1", "s9")
    assert signals.by_ids(NORTH, ["s9.hall.kiln.heat"])["s9.hall.kiln.heat"].number == north.number
    assert signals.list_signals(NORTH, search="S9.hall 温").total == 1
    assert Outbox.objects.get(key="north.link").revision > revision + 1
    assert Connection.objects.get(key="link").revision == Outbox.objects.get(key="north.link").revision
    things.put_machine(NORTH, "s9/hall/oven", NAME)
    with pytest.raises(Conflict):
        things.move(NORTH, "s9/hall/kiln", "s9/hall/oven")


def test_numbers_are_never_given_again(north):
    signals.remove_signal(NORTH, north.number)
    again = plant(NORTH)
    assert again.number > north.number and again.id == north.id


def test_kind_and_unit_begin_a_version_and_other_changes_do_not(north):
    signals.put_signal(NORTH, replace(north, name=LocalText("新"), low=1.0))
    signals.put_signal(NORTH, replace(north, unit="K"))
    signals.put_signal(NORTH, replace(north, unit="K", kind=Kind.INTEGER))
    versions = SignalVersion.objects.filter(signal_id=north.number).values_list("kind", "unit")
    assert list(versions) == [(1, "Cel"), (1, "K"), (2, "K")]


def test_what_has_something_below_it_stays(north):
    for path in ("s1", "s1/hall", "s1/hall/lines/l1", "s1/hall/oven"):
        with pytest.raises(Conflict):
            things.remove(NORTH, path)
    with pytest.raises(Conflict):
        connections.remove_connection(NORTH, "link")


def test_a_secret_of_another_connection_cannot_be_named(north):
    stolen = ConnectionView("c", "s1", NAME, "opcua", {"password": {"secret": "connection.south.link.password"}})
    neighbour = {"password": {"secret": "connection.north.link.password"}}
    for settings in (stolen.settings, neighbour, {"x": {"secret": "django"}}):
        with pytest.raises(InvalidInput, match="secret of this connection"):
            connections.put_connection(NORTH, replace(stolen, settings=settings))


def test_every_write_is_audited(north):
    written = set(AuditEntry.objects.filter(organisation="north").values_list("action", flat=True))
    assert {"thing.create", "connection.create", "signal.create"} <= written


def test_pages_follow_each_other_and_cost_few_queries(north):
    for start in range(0, 50, 10):
        views = [replace(north, number=0, key=f"k{start + step}") for step in range(10)]
        signals.put_signals(NORTH, views)
    seen, after = [], ""
    while True:
        with CaptureQueriesContext(
            database,
        ) as asked:
            page = signals.list_signals(NORTH, after=after, limit=7)
        assert len(asked) <= 2
        seen += [view.number for view in page.items]
        after = page.next
        if not after:
            break
    assert seen == sorted(seen) and len(seen) == len(set(seen)) == 51
