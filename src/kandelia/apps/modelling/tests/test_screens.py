"""Promise: by the screens alone a machine becomes a template, ten others follow, a change is shown, then applied."""

from typing import Any

import pytest
from django.test import Client

from kandelia.apps.modelling.logic.rows import SIGNAL_CELLS, instances_of, signal_cells, signals_of
from kandelia.base.errors import InvalidInput
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.sdk.records import access, signals, templates, things
from kandelia.sdk.templates import Parameter, TemplateView
from kandelia.sdk.views import Role, SignalView, Viewer

ENGINEER = Viewer("main", "person:1", "Wang", Role.ENGINEER, "en")


@pytest.fixture
def client(db: Any, monkeypatch: pytest.MonkeyPatch) -> Client:
    access.add_organisation("main", LocalText("主厂"))
    things.put_site(ENGINEER, "sz", LocalText("深圳厂"))
    things.put_area(ENGINEER, "sz/smt", LocalText("贴片"))
    things.put_machine(ENGINEER, "sz/smt/oven-1", LocalText("炉"), kind="oven")
    labels = {1: LocalText("运行", "running")}
    views = [
        SignalView(
            0, "", "temp", "sz/smt/oven-1", LocalText("温度"), Kind.FLOAT, "Cel", address="ns=2;s=O_1.Temp", low=1.0
        ),
        SignalView(
            0, "", "state", "sz/smt/oven-1", LocalText(), Kind.ENUMERATION, labels=labels, address="ns=2;s=O_1.St"
        ),
    ]
    signals.put_signals(ENGINEER, views)
    for place in ("web.screens", "web.middleware", "web.context", "web.answers"):
        monkeypatch.setattr(f"kandelia.surfaces.{place}.viewer_of_request", lambda _r: ENGINEER, raising=False)
    return Client(headers={"Accept-Language": "en"})


def test_a_template_of_one_applied_to_ten(client: Client) -> None:
    page = client.get("/template-of-machine?machine=sz/smt/oven-1").content.decode()
    assert 'value="O_1"' in page and 'value="device"' in page
    made = client.post(
        "/template-of-machine",
        {
            "machine": "sz/smt/oven-1",
            "key": "oven",
            "zh": "炉",
            "en": "Oven",
            "text": ["O_1", ""],
            "parameter": ["device", ""],
        },
    )
    assert made.headers["Location"] == "/templates/oven/machines"
    assert "sz/smt/oven-1,,O_1" in client.get("/templates/oven/machines").content.decode()
    lines = "machine;device;name\n" + "\n".join(f"sz/smt/oven-{n};O_{n};Oven {n}" for n in range(2, 12))
    assert client.post("/templates/oven/machines", {"lines": lines, "make": "1"}).status_code == 302
    page = client.get("/templates/oven/changes").content.decode()
    assert "10 machines differ" in page and "ns=2;s=O_11.Temp" in page
    assert client.post("/templates/oven/changes", {"every": "1"}).status_code == 302
    assert signals.of_machine(ENGINEER, "sz/smt/oven-11")[0].address == "ns=2;s=O_11.Temp"
    assert "All machines are as the template says" in client.get("/templates/oven/changes").content.decode()


def form_of(view: TemplateView, **changed: str) -> dict[str, list[str]]:
    rows = [{**signal_cells(one), "was": one.key} for one in view.signals]
    rows[0] |= changed
    return {name: [row[name] for row in rows] for name in (*SIGNAL_CELLS, "was")}


def test_a_change_by_the_form_is_shown_and_applied_to_those_chosen(client: Client) -> None:
    templates.template_of_machine(ENGINEER, "sz/smt/oven-1", "oven", LocalText("炉"), [])
    view = templates.template(ENGINEER, "oven")
    wrong = client.post("/templates/oven", form_of(view, unit="°C", key="temp2"))
    assert wrong.status_code == 200 and 'value="°C"' in wrong.content.decode()
    assert client.post("/templates/oven", form_of(view, low="7.5", period="500ms")).status_code == 302
    page = client.get("/templates/oven/changes").content.decode()
    assert "Publish and apply" in page and "7.5 …" in page and "500ms" in page
    client.post("/templates/oven/changes", {"machine": "sz/smt/oven-1"})
    temp, state = signals.of_machine(ENGINEER, "sz/smt/oven-1")
    assert (temp.low, temp.period_ms, state.labels[1].en) == (7.5, 500, "running")
    assert client.get("/records/template").status_code == 200


def test_pages_without_anything_say_what_to_do(client: Client) -> None:
    templates.put_template(ENGINEER, TemplateView("bare", LocalText("", "Bare")))
    for page, said in (
        ("", "Parameters"),
        ("/machines", "No machine uses it yet"),
        ("/changes", "No machine uses it yet"),
    ):
        assert said in client.get(f"/templates/bare{page}").content.decode()
    assert "Continue" in client.get("/template-of-machine").content.decode()
    assert client.get("/templates/none").status_code == 404


def test_lines_of_machines_are_read_whatever_stands_between() -> None:
    view = TemplateView("oven", LocalText(), (Parameter("device"),))
    for between in (",", ";", "\t"):
        lines = f"machine{between}connection{between}device\r\n/a/b/c{between}plc{between}O 1\r\n\r\n"
        (one,), _ = instances_of(lines, view)
        assert (one.machine, one.connection, one.values) == ("a/b/c", "plc", {"device": "O 1"})
    for wrong in ("mashine\na/b/c", "machine,unknown\na/b/c,1", "machine\na/b/c,1,2"):
        with pytest.raises(InvalidInput):
            instances_of(wrong, view)
    assert instances_of("", view) == ((), ())


def test_a_form_keeps_what_it_does_not_show() -> None:
    labels = {0: LocalText("停", "off")}
    before = SignalView(0, "", "state", "", LocalText("状态"), Kind.ENUMERATION, decimals=4, labels=labels, retention=3)
    form = {name: [cell] for name, cell in signal_cells(before).items()} | {"was": ["state"]}
    assert signals_of(form, [before]) == (before,)
