"""Promise: every page, operation, socket and file opens for whom the table says, and for nobody else."""

from dataclasses import asdict

import pytest
from django.db import transaction
from django.test import Client

from kandelia.base.errors import NotFound
from kandelia.base.text import LocalText
from kandelia.kernel.access import tickets
from kandelia.kernel.access.contracts import RIGHTS, Right, Role
from kandelia.kernel.access.facade import add_organisation, create_token, system_viewer
from kandelia.kernel.access.logic import token_text
from kandelia.kernel.access.tokens import viewer_of_secret
from kandelia.kernel.connections import secrets
from kandelia.kernel.sharing import facade as sharing
from kandelia.kernel.sharing.facade import Offer
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.signals.watching import watch_of
from kandelia.kernel.templates.site_files import load_plant
from kandelia.kernel.things import facade as things
from kandelia.surfaces.mqtt import listener
from tests.api.conftest import PLANT
from tests.api.doors import CUT, EVERYWHERE, NARROWED, PAGE, SHARED, Screen, screens
from tests.api.doors import page as written
from tests.api.test_rights import OPERATIONS

pytestmark = pytest.mark.django_db
LINE = "s1/hall/lines/l1"
ON_LINE = "        lines: [{key: l1, name: Line}]\n"
PRESS = """        lines:
          - key: l1
            name: Line
            machines:
              - key: press
                name: Press
                connection: link
                signals:
                  - {key: force, address: f}
                  - {key: count, type: integer, address: g}
"""
DENIED = (401, 403, 404)
RIGHTS_OF = {"see": Right.SEE, "operate": Right.OPERATE, "configure": Right.CONFIGURE, "administer": Right.ADMINISTER}
PLAIN = (
    "/",
    "/signals",
    "/explore",
    "/compare",
    "/dashboards",
    "/connections",
    "/roles",
    "/sharing",
    "/people",
)


class Door:
    """A program with a token, at once for pages and for the API."""

    def __init__(self, organisation: str, role: Role, *places: str) -> None:
        name = f"{organisation}-{role}-{'-'.join(places)}"
        _, secret = create_token(system_viewer(organisation), name, role, places=places)
        self.client = Client(headers={"Authorization": f"Bearer {secret}"}, raise_request_exception=False)

    def api(self, operation: str, path: str, body: object = None) -> int:
        more = (
            {"data": body, "content_type": "application/json"}
            if body is not None
            else {"content_type": "application/json"}
        )
        return self.asked(operation, f"/api/v1{path}", **more).status_code

    def page(self, path: str) -> int:
        return self.client.get(path).status_code

    def asked(self, operation: str, path: str, **more):  # type: ignore[no-untyped-def]
        return getattr(self.client, operation.split()[0].lower())(path, **more)


@pytest.fixture(scope="module")
def plant(django_db_setup, django_db_blocker, tmp_path_factory):
    """North with two machines, one of them on a line that it shares with the maker; written once, then only read."""
    with django_db_blocker.unblock(), transaction.atomic():
        found = _plant()
        yield found
        transaction.set_rollback(True)


def _plant() -> dict[str, int]:
    for name in ("north", "maker", "south"):
        add_organisation(name, LocalText(zh=name, en=name))
    north = system_viewer("north")
    load_plant(north, PLANT.replace(ON_LINE, PRESS), "plant.yaml")
    sharing.accept(system_viewer("maker"), sharing.offer(north, Offer("maker", LINE)).id)
    return {view.id.removeprefix("s1.hall."): view.number for view in signals.list_signals(north).items}


@pytest.fixture(autouse=True)
def keeper(monkeypatch):
    monkeypatch.setattr(secrets, "ensure", lambda name, size: b"x" * size)


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == written(OPERATIONS), "run .venv/bin/python -m tests.api.doors"


@pytest.mark.parametrize("role", [*EVERYWHERE, Role.MEMBER])
def test_pages_open_to_the_roles_of_their_right(plant, role):
    door = Door("north", role)
    assert not _entered(door, [one for one in screens() if one.right not in RIGHTS[role]])
    mine = [one for one in screens() if one.route in PLAIN and one.right in RIGHTS[role]]
    assert len(_entered(door, mine)) == len(mine) and (mine or role is Role.MEMBER)


def _entered(door: Door, asked: list[Screen]) -> list[str]:
    """The pages that let it in; one that only takes forms is sent one."""
    answers = {one.route: door.page(one.address) for one in asked}
    forms = {one.route: door.asked("POST", one.address).status_code for one in asked if answers[one.route] == 405}
    return [route for route, answer in (answers | forms).items() if answer != 403]


@pytest.mark.parametrize("role", NARROWED)
def test_pages_that_know_no_places_are_closed_to_who_sees_only_some(plant, role):
    door = Door("north", role, LINE)
    assert not _entered(door, [one for one in screens() if not one.somewhere or one.right not in RIGHTS[role]])
    cut = [one for one in screens() if one.route in PLAIN and one.somewhere and one.right in RIGHTS[role]]
    assert len(_entered(door, cut)) == len(cut) > 3


@pytest.mark.parametrize("role", NARROWED)
def test_operations_are_cut_to_places(plant, role):
    door, wrong = Door("north", role, LINE), []
    for operation, (path, body, right) in OPERATIONS.items():
        for place in ("press.force", "oven.temperature") if "{n}" in path else ("",):
            answered = door.api(operation, path.replace("{n}", str(plant.get(place, 0))), body)
            may = right == "signed in" or (operation in CUT and RIGHTS_OF.get(right) in RIGHTS[role])
            if place.startswith("oven") or not may:
                wrong += [(operation, place, answered)] if answered not in (*DENIED, 400) else []
            elif place:
                wrong += [(operation, place, answered)] if answered in DENIED else []
    assert not wrong


def test_lists_hold_what_is_within_reach_and_no_more(plant):
    door = Door("north", Role.VIEWER, LINE)
    inside = {number for name, number in plant.items() if name.startswith("press")}
    listed = door.asked("GET", "/api/v1/signals?limit=1000").json()
    assert {one["number"] for one in listed["items"]} == inside and listed["total"] == len(inside)
    assert door.asked("GET", "/api/v1/signals?search=temperature").json()["items"] == []
    assert b"oven" not in door.asked("GET", "/api/v1/things").content
    [link] = door.asked("GET", "/api/v1/connections").json()["items"]
    assert (link["key"], link["settings"]) == ("link", {})
    for page in ("/", "/signals", "/explore", "/search?q=oven", "/records/signal", "/records/machine", "/connections"):
        shown = door.asked("GET", page)
        assert shown.status_code == 200 and b"hall/oven" not in shown.content and b"hall.oven" not in shown.content, (
            page
        )
    assert door.page("/machines/s1/hall/press") == 200 and door.page("/machines/s1/hall/oven") == 404


def test_a_partner_sees_the_shared_line_and_a_stranger_nothing(plant):
    partner, stranger, wrong = Door("maker", Role.VIEWER), Door("south", Role.ADMINISTRATOR), []
    for operation, (path, body, _) in OPERATIONS.items():
        if "{n}" not in path:
            continue
        for name, number in (("inside", plant["press.force"]), ("outside", plant["oven.temperature"])):
            may = name == "inside" and operation in SHARED and "export" not in operation
            answered = partner.api(operation, path.replace("{n}", str(number)), body)
            wrong += [(operation, name, answered)] if (answered in DENIED) == may else []
            answered = stranger.api(operation, path.replace("{n}", str(number)), body)
            wrong += [(operation, "stranger", answered)] if answered not in DENIED else []
    assert not wrong
    [tree] = partner.asked("GET", "/api/v1/shared").json()["items"]
    assert tree["organisation"] == "north" and "oven" not in str(tree)
    assert partner.page("/shared/north/machines/s1/hall/press") == 200
    assert partner.page("/shared/north/machines/s1/hall/oven") == 404
    assert partner.page(f"/signals/{plant['press.force']}") == 200
    assert stranger.page("/shared/north/machines/s1/hall/press") == 404
    assert (
        b"press" in partner.asked("GET", "/shared").content
        and b"hall/press" not in stranger.asked("GET", "/shared").content
    )


def test_sockets_open_what_the_ticket_names(plant):
    inside = tuple(sorted(number for name, number in plant.items() if name.startswith("press")))
    for role, organisation, places in ((Role.VIEWER, "north", (LINE,)), (Role.VIEWER, "maker", ())):
        _, secret = create_token(system_viewer(organisation), f"socket-{organisation}", role, places=places)
        viewer = viewer_of_secret(secret, "en")
        assert viewer is not None
        watch = watch_of(viewer)
        assert watch.signals == (inside if places else None)
        assert watch.lent == (() if places else (("north", inside),))
        ticket = tickets.issue(b"x" * 32, organisation, viewer.subject, 1, **asdict(watch))
        opened = tickets.check(b"x" * 32, ticket, 2)
        assert (opened.signals, opened.connections, opened.lent) == (watch.signals, watch.connections, watch.lent)
    assert Door("north", Role.MEMBER).api("POST", "/live/ticket") == 403


def test_the_listener_of_devices_admits_no_token(plant):
    _, secret = create_token(system_viewer("north"), "socket-device", Role.ADMINISTRATOR)
    assert listener.Identities().of("socket-device", token_text.digest(secret), 1) is None


def test_a_place_that_is_moved_takes_its_grants_along_and_one_that_is_gone_ends_them(plant):
    north = system_viewer("north")
    _, secret = create_token(north, "follows", Role.VIEWER, places=("s1/hall/press",))
    with transaction.atomic():
        things.move(north, "s1/hall/press", "s1/hall/stamp")
        viewer = viewer_of_secret(secret, "en")
        assert viewer is not None and [grant.place for grant in viewer.grants] == ["s1/hall/stamp"]
        assert len(signals.list_signals(viewer).items) == 2
        transaction.set_rollback(True)
    with pytest.raises(NotFound):
        create_token(north, "nowhere", Role.VIEWER, places=("s1/hall/none",))
