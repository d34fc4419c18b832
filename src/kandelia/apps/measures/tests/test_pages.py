"""Promise: anybody may read the measures and compute a case, in both languages; nothing typed is lost to a mistake."""

import json

import pytest
from django.test import Client

from kandelia.apps.measures import facade
from kandelia.apps.measures.search import search
from kandelia.base.text import LocalText
from kandelia.sdk.records import access
from kandelia.sdk.views import Role

pytestmark = pytest.mark.django_db
GOOD = {"as_of": "2019-05-01", "service_fee": "3,000,000", "earlier_awards": "500000\n500000", "effect": "yes"}


@pytest.fixture
def client() -> Client:
    return Client()


def read(client: Client, path: str, language: str = "en", **post: str) -> str:
    client.cookies["kandelia_language"] = "zh-hans" if language == "zh" else "en"
    answer = client.post(path, post) if post else client.get(path)
    assert answer.status_code == 200, answer.content[:500]
    return answer.content.decode()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_list_shows_every_line_and_commitment(client: Client, language: str) -> None:
    page = read(client, "/measures", language)
    for line in facade.measures().lines.values():
        assert f'href="/measures/{line.id}"' in page
        assert line.title.say(language) in page
    for one in facade.measures().commitments:
        assert f'id="{one.measure}"' in page
    assert ("每个项目最高 3,000万元" if language == "zh" else "at most ¥30,000,000 a project") in page


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("line", list(facade.measures().lines))
def test_every_line_has_a_form_with_all_its_inputs(client: Client, line: str, language: str) -> None:
    page = read(client, f"/measures/{line}", language)
    for name in facade.line(line).inputs:
        assert f'name="{name}"' in page
    for one in facade.measures().assumptions_of(line):
        assert (f'name="assumptions.{one.key}"' in page) == (len(one.options) > 1)


def test_a_case_is_answered_with_bound_limit_trace_and_needs(client: Client) -> None:
    page = read(client, "/measures/M5", "en", **GOOD)
    assert 'data-bound="500000"' in page
    assert "this one binds" in page
    assert 'data-answer="met"' in page
    assert 'data-answer="cannot_tell"' in page
    assert "3,000,000" in page
    assert "50万元" in read(client, "/measures/M5", "zh", **GOOD)


def test_a_line_out_of_force_or_without_input_says_so(client: Client) -> None:
    assert "Not in force on this day" in read(client, "/measures/M5", "en", **{**GOOD, "as_of": "2021-01-01"})
    assert "Cannot be computed yet" in read(client, "/measures/M5", "en", as_of="2019-05-01", service_fee="1")


@pytest.mark.parametrize(
    ("field", "text"),
    [("service_fee", "many"), ("earlier_awards", "1 x"), ("as_of", "soon"), ("also_funded", "M99")],
)
def test_a_mistake_stands_at_its_field_and_nothing_typed_is_lost(client: Client, field: str, text: str) -> None:
    client.cookies["kandelia_language"] = "en"
    answer = client.post("/measures/M5", {**GOOD, field: text})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert f'href="#f-{field}"' in page
    assert "field-wrong" in page
    assert text in page
    assert "500000\n" in page or field == "earlier_awards"


def test_receipts_and_assumptions_come_from_the_form(client: Client) -> None:
    typed = {"as_of": "2019-05-01", "sale_date": "2018-09-01", "receipts": "2018-10-01 1000000\n2019-09-01 10"}
    assert 'data-bound="300003"' in read(client, "/measures/M18.2b", "en", **typed)
    other = {**typed, "assumptions.X1": "last_day_excluded"}
    page = read(client, "/measures/M18.2b", "en", **other)
    assert 'data-bound="300000"' in page
    assert "(chosen)" in page


def test_an_unknown_line_is_not_found(client: Client) -> None:
    assert client.get("/measures/M99").status_code == 404


def test_the_search_box_finds_lines_and_commitments() -> None:
    viewer = access.system_viewer("main")
    assert search(viewer, "平台服务商", 10)[0].url == "/measures/M3"
    assert search(viewer, "tax relief", 10)[0].url == "/measures#M21"


def test_the_api_lists_describes_and_computes(client: Client) -> None:
    access.add_organisation("main", LocalText("main", "main"))
    _, secret = access.create_token(access.system_viewer("main"), "program", Role.VIEWER)
    program = Client(headers={"Authorization": f"Bearer {secret}"})
    assert client.get("/api/v1/measures").status_code == 401
    assert len(program.get("/api/v1/measures").json()["lines"]) == 20
    assert program.get("/api/v1/measures/M5/schema").json()["required"] == ["service_fee", "earlier_awards"]
    body = json.dumps({"service_fee": 3000000.0, "earlier_awards": 0})
    address = "/api/v1/measures/M5/compute?as_of="
    answer = program.post(f"{address}2019-05-01", body, content_type="application/json")
    wanted = facade.compute("M5", json.loads(body, parse_float=str), facade.line("M5").validity.first)
    assert answer.json()["upper_bound"] == wanted.upper_bound == "500000"
    wrong = program.post(f"{address}2019-05-01", '{"fee": 1}', content_type="application/json")
    assert wrong.status_code == 400
    assert wrong.json()["where"] == "fee"
    assert "service_fee" in wrong.json()["mend"]
    assert program.post(f"{address}soon", "{}", content_type="application/json").json()["where"] == "as_of"
