"""Promise: the dialogue that sets a value asks once more, says what is wrong, and is nobody's but an operator's own."""

import pytest
from django.test import Client

from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.sdk.records import access, commands, connections, signals, things
from kandelia.sdk.views import ConnectionView, Role, SignalView

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def make_signal(organisation: str) -> int:
    access.add_organisation(organisation, LocalText(organisation, organisation))
    viewer = access.system_viewer(organisation)
    things.put_site(viewer, "sz", LocalText("深圳", "Shenzhen"), "Asia/Shanghai")
    things.put_area(viewer, "sz/smt", LocalText("贴片", "SMT hall"))
    things.put_machine(viewer, "sz/smt/oven", LocalText("炉", "Oven"))
    connections.put_connection(
        viewer, ConnectionView("link", "sz", LocalText("", ""), "opcua", {"endpoint": "opc.tcp://127.0.0.1:4840/"})
    )
    view = SignalView(
        0, "", "set", "sz/smt/oven", LocalText("设定", "Set point"), Kind.FLOAT, "Cel", 1, connection="link",
        address="a", writable=True, command_low=20.0, command_high=300.0,
    )  # fmt: skip
    return signals.put_signal(viewer, view).number


def client_of(organisation: str, role: Role) -> Client:
    name = f"{organisation}-{role.value}"
    access.add_person(access.system_viewer(organisation), name, PASSWORD, role, must_change=False)
    client = Client(headers={"Accept-Language": "en"}, raise_request_exception=False)
    client.cookies["kandelia_language"] = "en"
    assert client.post("/sign-in", {"name": name, "password": PASSWORD}).status_code == 302
    return client


@pytest.fixture
def number() -> int:
    return make_signal("main")


def test_from_the_form_to_the_record(number: int) -> None:
    client, here = client_of("main", Role.OPERATOR), f"/signals/{number}/set"
    assert f'href="{here}"' in client.get(f"/signals/{number}").content.decode()
    assert f'href="{here}"' in client.get("/machines/sz/smt/oven").content.decode()
    form = client.get(here).content.decode()
    assert "20.0" in form and "300.0" in form
    given = {"value": "999", "reason": "a recipe", "valid_s": "60", "key": "k1"}
    wrong = client.post(here, given)
    assert wrong.status_code == 400 and 'id="e-value"' in wrong.content.decode()
    assert 'id="e-reason"' in client.post(here, {**given, "value": "240", "reason": ""}).content.decode()
    asked = client.post(here, {**given, "value": "240"}).content.decode()
    assert 'name="confirmed"' in asked and "240" in asked
    assert not commands.commands(access.system_viewer("main")).items
    for _ in range(2):  # pressed twice
        made = client.post(here, {**given, "value": "240", "confirmed": "1"})
        assert made.status_code == 302
    (view,) = commands.commands(access.system_viewer("main")).items
    assert made["Location"] == f"/records/command/{view.id}" and (view.wanted, view.state) == ("240", "approved")
    page = client.get(made["Location"]).content.decode()
    assert "waiting for the edge" in page and f"/commands/{view.id}/progress?state=approved" in page
    assert "HX-Refresh" not in client.get(f"/commands/{view.id}/progress?state=approved").headers
    assert client.get(f"/commands/{view.id}/progress?state=requested").headers["HX-Refresh"] == "true"


def test_who_may_not_sees_no_way_there(number: int) -> None:
    viewer = client_of("main", Role.VIEWER)
    assert "/set" not in viewer.get(f"/signals/{number}").content.decode()
    assert viewer.get(f"/signals/{number}/set").status_code == 403
    make_signal("other")
    foreign = client_of("other", Role.ADMINISTRATOR)
    given = {"value": "240", "reason": "x", "confirmed": "1"}
    assert foreign.post(f"/signals/{number}/set", given).status_code == 404
    made = commands.request(access.system_viewer("main"), number, 240, "x")
    for path in (f"/records/command/{made.id}", f"/commands/{made.id}/progress"):
        assert foreign.get(path).status_code == 404
