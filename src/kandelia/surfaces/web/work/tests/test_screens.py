"""Promise: inbox, assignment, comments, notices, deputies, calendar and people work without scripts, for those they
are for and nobody else."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from kandelia.base.text import LocalText
from kandelia.kernel.access import facade as access
from kandelia.kernel.access.contracts import Role, Viewer
from kandelia.kernel.access.models import Membership, Organisation
from kandelia.kernel.calendar import facade as calendar
from kandelia.kernel.jobs.models import Job
from kandelia.kernel.notices import facade as notices
from kandelia.kernel.records import facade as records

pytestmark = pytest.mark.django_db
PASSWORD = "mangrove roots hold mud"
PEOPLE = {
    "wang": ("firm", Role.OPERATOR, ()),
    "li": ("other", Role.ADMINISTRATOR, ()),
    "zhao": ("bureau", Role.VIEWER, ("acceptance",)),
    "zhou": ("bureau", Role.VIEWER, ("acceptance",)),
    "qian": ("bureau", Role.VIEWER, ("expert",)),
    "wu": ("bureau", Role.ADMINISTRATOR, ()),
}


class Town(SimpleNamespace):
    """Each person's client by sign-in name, signed in at the first use."""

    def __getattr__(self, name: str) -> Client:
        client = Client(headers={"Accept-Language": "en"})
        assert client.post("/sign-in", {"name": name, "password": PASSWORD}).status_code == 302
        setattr(self, name, client)
        return client


@pytest.fixture
def town(settings: Any) -> Town:
    """A bureau with two firms, and a question of one of them."""
    settings.ORGANISATION = "bureau"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    access.add_organisation("bureau", LocalText("示范局", "Bureau"))
    for id in ("firm", "other"):
        Organisation.objects.create(id=id, name_zh=id, name_en=id, parent_id="bureau")
    for name, (place, role, duties) in PEOPLE.items():
        boss = access.system_viewer(place)
        access.add_person(boss, name, PASSWORD, role, name=name.title(), language="en", must_change=False)
        access.set_duties(boss, name, duties)
    firm = viewer("wang")
    id = records.create(firm, "question", {"subject": "Which gateway", "text": "IPv6"}).id
    return Town(id=id, url=f"/records/question/{id}")


def viewer(name: str) -> Viewer:
    place = Membership.objects.get(person__sign_in=name)
    held = frozenset(place.duties.values_list("name", flat=True))
    return Viewer(place.organisation_id, f"person:{place.person_id}", name.title(), Role(place.role), "en", held)


def body(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def test_from_the_inbox_to_the_next(town) -> None:
    second = records.create(viewer("wang"), "question", {"subject": "Which wire", "text": "x"}).id
    page = body(town.zhao.get("/inbox"))
    assert "2 wait for you" in page and town.url in page and "Which wire" in page
    badges = body(town.zhao.get("/inbox/badges"))
    assert re.search(r"data-inbox-count>.*?2</span>", badges) and re.search(r"data-notice-count>.*?2</span>", badges)
    assert badges.count("wk-badge") == 2 and 'hx-select=".wk-badge"' in page
    record = body(town.zhao.get(town.url))
    assert "Next in my inbox" in record and f"/records/question/{second}" in record
    assert notices.unread(viewer("zhao")) == 1
    town.zhao.post(f"{town.url}/steps/triage", {"topic": "network"})
    assert "1 waits for you" in body(town.zhao.get("/inbox?type=question"))
    assert "Nothing of this kind" in body(town.zhao.get("/inbox?overdue=1"))
    assert "Nothing waits" in body(town.li.get("/inbox"))
    assert town.zhao.get("/inbox?type=nothing").status_code == 404


def test_given_and_taken(town) -> None:
    at = f"{town.url}/assignment"
    page = body(town.zhao.get(at))
    assert "Zhou (zhou)" in page and "Qian" not in page
    assert town.zhao.post(at, {"person": "zhou"}).status_code == 302
    assert "Zhou has it." in body(town.zhao.get(town.url)) and "You have it." in body(town.zhou.get(town.url))
    refused = town.zhao.post(at, {"person": "zhao"})
    assert refused.status_code == 422 and "ask a supervisor" in refused.content.decode()
    refused = town.wu.post(at, {"person": "zhao"})
    assert refused.status_code == 422 and "Say why" in refused.content.decode()
    assert town.wu.post(at, {"person": "zhao", "reason": "on a journey"}).status_code == 302
    assert "on a journey" in body(town.zhao.get(at))
    assert town.li.get(at).status_code == town.li.post(at, {"person": "li"}).status_code == 404
    assert "Zhou" not in body(town.wang.get(town.url))


def test_words_are_escaped_and_stay_on_their_side(town) -> None:
    at = f"{town.url}/comments"
    town.zhao.post(at, {"text": "<b>behold</b> @qian", "internal": "1"})
    town.wang.post(at, {"text": "Please hurry", "internal": ""})
    page = body(town.qian.get(town.url))
    assert "&lt;b&gt;behold" in page and "<b>behold" not in page and "Please hurry" in page and "internal" in page
    assert "behold" not in body(town.wang.get(town.url)) and "behold" not in body(town.wang.get(at))
    assert town.wang.post(at, {"text": "x", "internal": "1"}).status_code == 403
    refused = town.wang.post(at, {"text": " "})
    assert refused.status_code == 422 and "Write something" in refused.content.decode()
    assert town.li.get(at).status_code == town.li.post(at, {"text": "x"}).status_code == 404
    assert "Zhao mentions you" in body(town.qian.get("/notices"))


def test_notices_are_read_and_mail_is_chosen(town) -> None:
    page = body(town.zhao.get("/notices"))
    assert "waits for you: Opened" in page and "1 unread" in page
    link = re.search(r'href="(/notices/\d+)"', page).group(1)
    assert town.li.get(link).status_code == 404
    assert town.zhao.get(link)["Location"] == town.url
    assert "all read" in body(town.zhao.get("/notices"))
    refused = town.zhao.post("/notices/mail", {"email": "nonsense", "kinds": ["waiting"]})
    assert refused.status_code == 422 and "no e-mail address" in refused.content.decode()
    assert town.zhao.post("/notices/mail", {"email": "z@example.cn", "kinds": ["waiting"]}).status_code == 302
    assert notices.mail_choice(viewer("zhao")) == ("z@example.cn", ("waiting",))


def test_a_deputy_stands_in(town) -> None:
    day = timezone.localdate().isoformat()
    asked = {"deputy": "qian", "first_day": day, "last_day": day, "duties": ["acceptance"], "reason": "leave"}
    assert town.zhao.post("/delegations", {**asked, "last_day": "soon"}).status_code == 422
    assert "Choose at least one duty" in town.zhao.post("/delegations", {**asked, "duties": []}).content.decode()
    assert town.zhao.post("/delegations", asked).status_code == 302
    assert "lent already" in town.zhao.post("/delegations", {**asked, "deputy": "zhou"}).content.decode()
    page = body(town.qian.get("/inbox"))
    assert "for Zhao" in page and "Acceptance officer for Zhao" in body(town.qian.get("/delegations"))
    assert town.qian.post(f"{town.url}/steps/triage", {"topic": "network"}).status_code == 302
    assert records.steps(viewer("wu"), "question", town.id)[0].for_name == "Zhao"
    assert "Zhao" not in body(town.li.get("/delegations"))
    made = re.search(r"/delegations/\d+/end", body(town.zhao.get("/delegations"))).group()
    town.li.post(made)
    assert "for Zhao" in body(town.qian.get("/delegations"))
    town.zhao.post(made)
    assert "for Zhao" not in body(town.qian.get("/delegations"))


def test_the_calendar_is_one_persons_to_change(town) -> None:
    calendar.load()  # a test that empties tables takes along what the migration brought
    page = body(town.wang.get("/calendar?year=2026"))
    assert "2026-10-10" in page and "国庆节调休" in page and "/calendar/2026-10-10" not in page
    assert "/calendar/2026-10-10" in body(town.wu.get("/calendar?year=2026"))
    assert "No holidays of this year" in body(town.wu.get("/calendar?year=2030"))
    assert town.wu.get("/calendar?year=9999").status_code == 400
    assert town.wang.post("/calendar/2026-11-27", {"working": "no"}).status_code == 403
    town.li.post("/calendar/2026-11-27", {"working": "no", "name": "x"})
    assert "2026-11-27" not in re.sub(r'title="[^"]*"', "", body(town.wang.get("/calendar?year=2026")))
    town.wu.post("/calendar/2026-11-27", {"working": "no", "name": "Founding day"})
    assert "Founding day" in body(town.wang.get("/calendar?year=2026"))
    assert Job.objects.filter(kind="calendar.recount").exists()


def test_people_are_added_changed_and_shut_out(town) -> None:
    made = body(town.wu.post("/people", {"sign_in": "feng", "name": "Feng", "role": "viewer", "duties": ["leader"]}))
    password = re.search(r'id="secret">([^<]+)<', made).group(1)
    assert access.has_password("feng", password) and "Deciding leader" in made
    id = Membership.objects.get(person__sign_in="feng").person_id
    town.wu.post(f"/people/{id}", {"role": "operator", "duties": ["finance"]})
    assert viewer("feng").role is Role.OPERATOR and viewer("feng").duties == {"finance"}
    assert 'id="secret"' in body(town.wu.post(f"/people/{id}/reset"))
    town.wu.post(f"/people/{id}/disable")
    assert "shut out" in body(town.wu.get("/people"))
    assert town.wu.post("/people", {"sign_in": "fe ng", "role": "viewer"}).status_code == 422
    own = Membership.objects.get(person__sign_in="wu").person_id
    town.wu.post(f"/people/{own}", {"role": "viewer"})
    assert viewer("wu").role is Role.ADMINISTRATOR
    assert town.zhao.get("/people").status_code == 403
    for what in ("disable", "reset"):
        assert town.li.post(f"/people/{id}/{what}").status_code == 404


PAGES: tuple[tuple[str, int], ...] = (
    ("/inbox", 17),
    ("/inbox/badges", 12),
    ("/notices", 17),
    ("/delegations", 18),
    ("/calendar?year=2026", 14),
)


@pytest.mark.parametrize(("address", "queries"), PAGES)
def test_queries_of_each_page(
    town, address: str, queries: int, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for n in range(30):
        records.create(viewer("wang"), "question", {"subject": f"No. {n}", "text": "x"})
    body(town.zhao.get("/me"))
    with django_assert_max_num_queries(queries):
        body(town.zhao.get(address))
