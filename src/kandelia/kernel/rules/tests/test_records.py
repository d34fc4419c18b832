"""Derived signals and limits as records: checked as they are saved, told to the data plane; the list, acknowledged."""

from datetime import UTC, datetime

import pytest

from kandelia.base.errors import InvalidInput, NotAllowed, NotFound
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Role, Viewer
from kandelia.kernel.access.facade import add_organisation, system_viewer
from kandelia.kernel.events.logic.cloudevents import encode
from kandelia.kernel.rules import facade, publishing, taking
from kandelia.kernel.rules.logic.limits import Change, LimitEntry, LimitKind
from kandelia.kernel.rules.models import Derivation, Limit
from kandelia.kernel.rules.plane.watching import event_of
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.signals import store
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.things import facade as things
from kandelia.ports.bus import Message

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
DERIVED = {"machine": "s/a/m", "key": "specific", "expression": "{power} / {flow}", "name_en": "Specific"}
LIMIT = {"signal": "s.a.m.power", "kind": "high", "level": 10.0, "severity": 700}


@pytest.fixture
def viewer(db):
    add_organisation("red", LocalText("红", "Red"))
    found = system_viewer("red")
    things.put_site(found, "s", LocalText("厂", "Site"), "Asia/Shanghai")
    things.put_area(found, "s/a", LocalText("区", "Area"))
    things.put_machine(found, "s/a/m", LocalText("机", "Machine"))
    for key, kind, unit in (("power", Kind.FLOAT, "kW"), ("flow", Kind.FLOAT, "m3/h"), ("words", Kind.TEXT, "")):
        signals.put_signal(found, SignalView(0, "", key, "s/a/m", LocalText(key, key), kind, unit))
    return found


def load(viewer, derived=(), limits=()):
    return facade.load(viewer, {"derived": list(derived), "limits": list(limits)})


def documents():
    refused = []
    return list(publishing.documents(refused)), refused


def test_a_derived_signal_is_a_signal_and_reaches_the_data_plane(viewer):
    assert load(viewer, [DERIVED], [LIMIT]) == {"derived": 1, "limits": 1}
    view = store.by_ids("red", ["s.a.m.specific"])["s.a.m.specific"]
    assert (view.clash, view.kind, view.connection) == ("replace", Kind.FLOAT, "")
    (document,), refused = documents()
    assert not refused and document.derived[0].number == view.number and document.limits[0].level == 10.0
    assert document.watched == {number for number, _ in document.derived[0].inputs}


def test_what_is_left_empty_takes_its_usual_value(viewer):
    load(viewer, [{**DERIVED, "decimals": "", "hold_s": "", "lateness_s": ""}], [{**LIMIT, "dead_band": ""}])
    row = Derivation.objects.get()
    assert (row.decimals, row.hold_s, row.lateness_s, Limit.objects.get().dead_band) == (2, 3_600, 5, 0.0)


def test_loading_again_changes_only_what_differs(viewer):
    load(viewer, [DERIVED], [LIMIT])
    load(viewer, [DERIVED], [{**LIMIT, "level": 12.0}])
    assert Derivation.objects.count() == Limit.objects.count() == 1
    assert Limit.objects.get().level == 12.0


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({**DERIVED, "expression": "{nothing} + 1"}, "no signal"),
        ({**DERIVED, "expression": "{power} + {flow}"}, "measure different"),
        ({**DERIVED, "unit": "kW"}, "does not measure"),
        ({**DERIVED, "key": "power"}, "is a signal already"),
        ({**DERIVED, "machine": "s/a/none", "expression": "{s.a.m.power}"}, "no machine"),
        ({**DERIVED, "hold_s": 0}, "out of bounds"),
    ],
)
def test_a_wrong_derived_signal_is_refused(viewer, values, word):
    with pytest.raises(InvalidInput) as error:
        load(viewer, [values])
    assert word in error.value.what and error.value.where.startswith("derived 1")
    assert not Derivation.objects.exists()


def test_a_circle_is_refused_with_its_path(viewer):
    load(viewer, [DERIVED, {**DERIVED, "key": "twice", "expression": "{specific} * 2"}])
    with pytest.raises(InvalidInput, match=r"s\.a\.m\.specific → s\.a\.m\.twice → s\.a\.m\.specific"):
        load(viewer, [{**DERIVED, "expression": "{twice} + 1"}])


@pytest.mark.parametrize(
    ("values", "word"),
    [({"signal": "s.a.m.none"}, "no signal"), ({"signal": "s.a.m.words"}, "no limits"), ({"severity": 0}, "bounds")],
)
def test_a_wrong_limit_is_refused(viewer, values, word):
    with pytest.raises(InvalidInput, match=word):
        load(viewer, (), [{**LIMIT, **values}])


def test_an_input_that_changes_its_type_is_told(viewer):
    load(viewer, [DERIVED])
    view = store.by_ids("red", ["s.a.m.flow"])["s.a.m.flow"]
    signals.put_signal(viewer, SignalView(view.number, "", "flow", "s/a/m", view.name, Kind.TEXT))
    (document,), refused = documents()
    assert document.derived == () and refused == ["s.a.m.specific"]


def told(raised, at_s, value, limit=7):
    entry = LimitEntry(limit, 1, "s.a.m.power", LimitKind.HIGH, 10.0, severity=700)
    at_ns = int(AT.timestamp() * 1e9) + at_s * 10**9
    event = event_of("red", Change(entry, raised, at_ns, value))
    taking.take(Message("", encode(event)))


def test_the_active_list_holds_what_is_broken_or_not_yet_seen(viewer):
    told(True, 0, 11.0)
    told(True, 0, 11.0)
    (one,) = facade.active(viewer)
    assert (one.machine, one.severity, one.value, one.cleared_at) == ("s/a/m", 700, 11.0, None)
    told(False, 60, 9.0)
    (one,) = facade.active(viewer)
    assert one.cleared_at is not None and facade.unseen(viewer) == 1
    assert facade.acknowledge(viewer, [one.id], "seen to") == 1
    assert facade.active(viewer) == () and facade.unseen(viewer) == 0
    (past,) = facade.past(viewer)
    assert past.comment == "seen to" and past.acknowledged_by


def test_what_is_acknowledged_stays_until_it_is_over(viewer):
    told(True, 0, 11.0)
    (one,) = facade.active(viewer)
    facade.acknowledge(viewer, [one.id])
    assert facade.acknowledge(viewer, [one.id]) == 0
    assert len(facade.active(viewer)) == 1
    told(False, 60, 9.0)
    assert facade.active(viewer) == ()


def test_nobody_else_sees_or_acknowledges(viewer):
    told(True, 0, 11.0)
    (one,) = facade.active(viewer)
    add_organisation("blue", LocalText("蓝", "Blue"))
    stranger = system_viewer("blue")
    assert facade.active(stranger) == ()
    with pytest.raises(NotFound):
        facade.acknowledge(stranger, [one.id])
    with pytest.raises(NotAllowed):
        facade.acknowledge(Viewer("red", "token:1", "looker", Role.VIEWER), [one.id])
