"""Promise: each plant page shows what its viewer's organisation has, in the reader's language, and nobody else's."""

import re

import pytest
from django.test import Client

from kandelia.apps.plant.search import search
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.sdk.records import access, signals, things
from kandelia.sdk.views import Role, SignalView

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def make_plant(organisation: str, zh: str, machines: int = 1) -> None:
    viewer = access.system_viewer(organisation)
    things.put_site(viewer, "sz", LocalText("深圳", "Shenzhen"), "Asia/Shanghai")
    things.put_area(viewer, "sz/smt", LocalText("贴片", "SMT hall"))
    for n in range(machines):
        path = f"sz/smt/oven-{n}"
        things.put_machine(viewer, path, LocalText(f"{zh}{n}", ""), card_signals=("t1",), state_signal="state")
        labels = {0: LocalText("停机", "Stopped"), 1: LocalText("运行", "Running")}
        signals.put_signals(
            viewer,
            [
                SignalView(0, "", "t1", path, LocalText("一区温度", "Zone 1"), Kind.FLOAT, "Cel", 1, 20.0, 260.0),
                SignalView(0, "", "state", path, LocalText("状态", "State"), Kind.ENUMERATION, labels=labels),
                SignalView(0, "", "lot", path, LocalText("批号", "Lot"), Kind.TEXT),
            ],
        )


@pytest.fixture
def client() -> Client:
    for organisation in ("main", "other"):
        access.add_organisation(organisation, LocalText(organisation, organisation))
    access.add_person(access.system_viewer("main"), "ada", PASSWORD, Role.VIEWER, must_change=False)
    client = Client()
    assert client.post("/sign-in", {"name": "ada", "password": PASSWORD}).status_code == 302
    return client


def read(client: Client, path: str, language: str = "en") -> str:
    client.cookies["kandelia_language"] = "zh-hans" if language == "zh" else "en"
    answer = client.get(path)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


def test_an_empty_plant_says_what_to_do_next(client: Client) -> None:
    assert "No machine yet" in read(client, "/")
    assert "No signal yet" in read(client, "/signals")


def test_the_overview_shows_every_machine_and_nobody_elses(client: Client) -> None:
    make_plant("main", "炉", 3)
    make_plant("other", "秘密", 1)
    page = read(client, "/")
    assert len(re.findall(r"data-machine=", page)) == 3
    assert "秘密" not in page
    assert "data-shapes" in page
    assert "°C" in page


def test_a_machine_page_has_all_its_signals(client: Client) -> None:
    make_plant("main", "炉")
    page = read(client, "/machines/sz/smt/oven-0")
    assert len(re.findall(r"<live-value", page)) == 3
    assert 'data-zone="Asia/Shanghai"' in page
    assert "signal-definitions" in page
    assert client.get("/machines/sz/smt/none").status_code == 404


def test_anothers_pages_are_not_found(client: Client) -> None:
    make_plant("other", "秘密")
    number = signals.list_signals(access.system_viewer("other")).items[0].number
    assert client.get(f"/signals/{number}").status_code == 404
    assert client.get("/machines/sz/smt/oven-0").status_code == 404
    assert "No signal fits" in read(client, f"/signals?signals={number}&search=秘密")


def test_the_list_pages_by_key_and_keeps_its_filters(client: Client) -> None:
    make_plant("main", "炉", 25)
    first = read(client, "/signals?machine=sz/smt")
    assert len(re.findall(r"<tr data-row", first)) == 50
    following = re.search(r'rel="next" href="\?([^"]+)"', first)
    assert following
    assert "machine=sz" in following.group(1)
    second = read(client, f"/signals?{following.group(1).replace('&amp;', '&')}")
    assert len(re.findall(r"<tr data-row", second)) == 25
    assert "First page" in second
    assert "No signal fits" in read(client, "/signals?search=nothing-like-this")


def test_a_signal_page_tells_its_definition(client: Client) -> None:
    make_plant("main", "炉")
    number = signals.list_signals(access.system_viewer("main")).items[0].number
    page = read(client, f"/signals/{number}")
    assert "20.0 … 260.0" in page
    assert "sz.smt.oven-0.t1" in page


def test_both_languages(client: Client) -> None:
    make_plant("main", "炉")
    for path in ("/", "/signals", "/machines/sz/smt/oven-0"):
        assert 'lang="zh-Hans"' in read(client, path, "zh")
        assert 'lang="en"' in read(client, path, "en")
    assert "一区温度" in read(client, "/machines/sz/smt/oven-0", "zh")
    assert "Zone 1" in read(client, "/machines/sz/smt/oven-0", "en")


def test_strange_addresses_do_no_harm(client: Client) -> None:
    make_plant("main", "炉")
    for query in ("after=x", "after=-1", "signals=1,x,,99999999999,²", "search=%00", "machine=..%2F..", "connection='"):
        assert client.get(f"/signals?{query}").status_code in (200, 400, 404), query


def test_the_overview_asks_the_same_number_of_queries_however_many_machines(
    client: Client, django_assert_max_num_queries: object
) -> None:
    make_plant("main", "炉", 40)
    with django_assert_max_num_queries(22):  # type: ignore[operator]
        read(client, "/")


def test_nobody_signed_in_is_sent_to_sign_in() -> None:
    for path in ("/", "/signals", "/signals/1", "/machines/a/b/c", "/system"):
        assert Client().get(path).status_code == 302


def test_search_finds_machines_and_signals_of_ones_own() -> None:
    for organisation in ("main", "other"):
        access.add_organisation(organisation, LocalText(organisation, organisation))
    make_plant("main", "炉")
    make_plant("other", "秘密")
    viewer = access.system_viewer("main")
    assert search(viewer, "oven-0", 2)[0].url == "/machines/sz/smt/oven-0"
    assert search(viewer, "秘密", 10) == ()
    assert any(hit.detail == "sz.smt.oven-0.t1" for hit in search(viewer, "温度", 10))
