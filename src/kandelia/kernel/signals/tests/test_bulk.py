"""Promise: one field of all that a list of signals finds is changed at once, noted on each, and told once."""

from typing import Any

import pytest
from django.test import Client

from kandelia.base.errors import InvalidInput, NotAllowed
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Role, Viewer
from kandelia.kernel.access.facade import add_organisation
from kandelia.kernel.connections import outbox
from kandelia.kernel.papers import changing
from kandelia.kernel.records import facade as records
from kandelia.kernel.records.contracts import Query
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.signals.models import SignalVersion
from kandelia.kernel.things import facade as things

pytestmark = pytest.mark.django_db
ENGINEER = Viewer("main", "person:1", "Wang", Role.ENGINEER, "en")
VIEWER = Viewer("main", "person:2", "Li", Role.VIEWER)
COUNT = 1_200
HOT = Query(filters={"unit": ("Cel",)})


@pytest.fixture(autouse=True)
def plant(db: Any) -> None:
    add_organisation("main", LocalText("主厂"))
    things.put_site(ENGINEER, "sz", LocalText("深圳厂"))
    things.put_area(ENGINEER, "sz/smt", LocalText("贴片"))
    things.put_machine(ENGINEER, "sz/smt/oven", LocalText("炉"))
    units = ("Cel", "kPa")
    signals.put_signals(
        ENGINEER,
        (
            SignalView(0, "", f"t{n}", "sz/smt/oven", LocalText(f"第 {n} 点"), Kind.FLOAT, units[n % 2])
            for n in range(COUNT)
        ),
    )


def test_the_hits_of_a_filter_are_changed_and_the_data_plane_hears_once(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    told: list[int] = []
    monkeypatch.setattr(outbox, "nudge", lambda: told.append(1))
    with django_capture_on_commit_callbacks(execute=True):
        done = changing.change_many(ENGINEER, "signal", HOT, "period_ms", "5000")
    assert (done.found, done.changed, len(told)) == (COUNT // 2, COUNT // 2, 1)
    found = signals.of_machine(VIEWER, "sz/smt/oven")
    assert {view.period_ms for view in found if view.unit == "Cel"} == {5_000}
    assert {view.period_ms for view in found if view.unit == "kPa"} == {1_000}
    first = records.page(VIEWER, "signal", Query(sort="created", limit=1)).items[0]
    assert records.changes(VIEWER, "signal", first.id)[0].fields == {"period_ms": ("1000", "5000")}
    assert changing.change_many(ENGINEER, "signal", HOT, "period_ms", 5_000).changed == 0


def test_what_cannot_be_is_refused_for_all() -> None:
    with pytest.raises(InvalidInput):
        changing.change_many(ENGINEER, "signal", Query(), "unit", "no such unit")
    with pytest.raises(InvalidInput):
        changing.change_many(ENGINEER, "signal", Query(), "period_ms", "soon")
    for who, field in ((VIEWER, "unit"), (ENGINEER, "id"), (ENGINEER, "name_zh")):
        with pytest.raises(NotAllowed):
            changing.change_many(who, "signal", Query(), field, "K")
    assert {view.unit for view in signals.of_machine(VIEWER, "sz/smt/oven")} == {"Cel", "kPa"}
    changing.change_many(ENGINEER, "signal", HOT, "unit", "K")
    assert SignalVersion.objects.filter(unit="K").count() == COUNT // 2


def test_from_the_list_by_the_screens(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("web.screens", "web.middleware", "web.context", "web.answers"):
        monkeypatch.setattr(f"kandelia.surfaces.{place}.viewer_of_request", lambda _r: ENGINEER, raising=False)
    client = Client(headers={"Accept-Language": "en"})
    address = "/records/signal/change?query=unit%3DCel"
    assert address in client.get("/records/signal?unit=Cel").content.decode()
    assert "Change 600 records" in client.get(f"{address}&field=decimals").content.decode()
    wrong = client.post("/records/signal/change", {"query": "unit=Cel", "field": "decimals", "value": "77"})
    assert wrong.status_code == 200 and "Please mend this" in wrong.content.decode()
    done = client.post("/records/signal/change", {"query": "unit=Cel", "field": "decimals", "value": "1"})
    assert done.headers["Location"] == "/records/signal?unit=Cel"
    assert {view.decimals for view in signals.of_machine(VIEWER, "sz/smt/oven") if view.unit == "Cel"} == {1}
