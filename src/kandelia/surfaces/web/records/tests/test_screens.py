"""Promise: lists, pages, forms and steps are drawn of any declared type, in a bounded number of queries."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Role, Viewer
from kandelia.kernel.access.facade import add_organisation, create_token, system_viewer
from kandelia.kernel.access.models import AuditEntry, Organisation, Person
from kandelia.kernel.papers import views_saved
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import Query
from kandelia.surfaces.web.records.timeline import events
from kandelia.surfaces.web.registry import rail

pytestmark = pytest.mark.django_db
FIRM = Viewer("firm", "person:1", "Wang", Role.OPERATOR, language="en")
DESK = Viewer("bureau", "person:3", "Zhao", Role.VIEWER, language="en", duties=frozenset({"acceptance"}))
EXPERT = Viewer("bureau", "person:4", "Qian", Role.VIEWER, language="en", duties=frozenset({"expert"}))


@pytest.fixture(autouse=True)
def places() -> None:
    add_organisation("bureau", LocalText("示范局", "Demo bureau"))
    Organisation.objects.create(id="firm", name_zh="示例企业", name_en="Firm", parent_id="bureau")


@pytest.fixture
def as_viewer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`as_viewer(viewer)`: a client whose requests are this viewer's."""

    def client(viewer: Viewer) -> Client:
        for room in ("screens", "middleware", "context", "answers"):
            monkeypatch.setattr(
                f"kandelia.surfaces.web.{room}.viewer_of_request", lambda _request: viewer, raising=False
            )
        return Client(headers={"Accept-Language": viewer.language})

    return client


def ask(subject: str = "Which gateway", **more: Any) -> int:
    return facade.create(FIRM, "question", {"subject": subject, "text": "IPv6", "phone": "13800001234", **more}).id


def body(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_empty_list_says_what_to_do(as_viewer: Any) -> None:
    page = body(as_viewer(FIRM).get("/records/question"))
    assert "Make the first" in page and "/records/question/new" in page
    assert "Make the first" not in body(as_viewer(EXPERT).get("/records/tender"))


def test_a_question_goes_from_the_form_to_its_end(as_viewer: Any) -> None:
    client = as_viewer(FIRM)
    wrong = client.post("/records/question/new", {"subject": "Which gateway", "text": ""})
    assert wrong.status_code == 422
    assert 'value="Which gateway"' in body(wrong) and 'href="#f-text"' in body(wrong)
    made = client.post("/records/question/new", {"subject": "Which gateway", "text": "IPv6", "phone": "13800001234"})
    address = made["Location"]
    page = body(client.get(address))
    assert "Which gateway" in page and "138****1234" in page and "13800001234" not in page
    desk = as_viewer(DESK)
    refused = desk.post(f"{address}/steps/triage", {"topic": "other"})
    assert refused.status_code == 422 and "choose from the list" in body(refused)
    assert desk.post(f"{address}/steps/triage", {"topic": "network"}).status_code == 302
    expert = as_viewer(EXPERT)
    assert "answer" in body(expert.get(f"{address}/steps/resolve"))
    assert expert.post(f"{address}/steps/resolve", {"answer": "This one."}).status_code == 302
    firm = as_viewer(FIRM)
    assert firm.post(f"{address}/steps/reopen", {"reason": ""}).status_code == 422
    assert firm.post(f"{address}/steps/confirm").status_code == 302
    assert "Closed" in body(firm.get(address))


def test_columns_filters_sort_and_cursor_stand_in_the_address(as_viewer: Any) -> None:
    for n in range(60):
        ask(f"Question {n:02}")
    client = as_viewer(DESK)
    page = body(client.get("/records/question?sort=title"))
    assert "Question 00" in page and "Question 50" not in page and "60 records" in page
    after = re.search(r'rel="next" href="\?([^"]+)"', page).group(1).replace("&amp;", "&")  # type: ignore[union-attr]
    second = body(client.get(f"/records/question?{after}"))
    assert "Question 50" in second and 'rel="prev"' in second
    found = body(client.get("/records/question?search=Question+07&state=opened"))
    assert "Question 07" in found and "1 found" in found and "remove this filter" in found
    answer = client.get("/records/question/columns?column=subject&column=phone&sort=title")
    assert answer["Location"] == "/records/question?sort=title&columns=subject%2Cphone"
    drawn = body(client.get(answer["Location"]))
    assert "138****1234" in drawn and "13800001234" not in drawn
    assert client.get("/records/question?columns=nothing,secret&after=nonsense").status_code == 200


def test_a_filter_that_cannot_be_is_said_and_not_fatal(as_viewer: Any) -> None:
    answer = as_viewer(Viewer("firm", "person:9", "Li", Role.ENGINEER)).get("/records/tender?budget.from=many")
    assert answer.status_code == 200 and "note-alarm" in body(answer)


def test_many_are_stepped_with_a_report_for_each(as_viewer: Any) -> None:
    viewer = Viewer("firm", "person:9", "Li", Role.ENGINEER, language="en")
    ids = [facade.create(viewer, "tender", {"subject": f"Pump {n}", "budget": "10"}).id for n in range(3)]
    facade.act(viewer, "tender", ids[0], "publish")
    client = as_viewer(viewer)
    asked = body(client.post("/records/tender/bulk", {"step": "publish", "ids": ids}))
    assert asked.count('name="ids"') == 3
    report = body(client.post("/records/tender/bulk", {"step": "publish", "ids": ids, "confirmed": "1"}))
    assert report.count('data-result="done"') == 2 and report.count('data-result="refused"') == 1
    assert facade.page(viewer, "tender", Query(filters={"state": ("open",)})).total == 3
    empty = client.post("/records/tender/bulk", {"step": "fail", "ids": ids, "confirmed": "1"})
    assert "Say why" in body(empty)


def test_views_are_ones_own_or_shared(as_viewer: Any) -> None:
    person = Person.objects.create(sign_in="wang")
    viewer = Viewer("firm", f"person:{person.pk}", "Wang", Role.OPERATOR, language="en")
    client = as_viewer(viewer)
    client.post("/records/question/views", {"name": "Mine", "query": "state=opened"})
    client.post("/records/question/views", {"name": "Ours", "query": "", "shared": "on"})  # an operator may not
    assert [view.name for view in views_saved.saved(viewer, "question")] == ["Mine"]
    desk = Viewer("firm", "person:8", "Zhou", Role.ENGINEER, language="en")
    as_viewer(desk).post("/records/question/views", {"name": "Ours", "query": "sort=title", "shared": "on"})
    assert [(view.name, view.shared) for view in views_saved.saved(viewer, "question")] == [
        ("Mine", False),
        ("Ours", True),
    ]
    mine = views_saved.saved(viewer, "question")[0]
    as_viewer(desk).post("/records/question/views", {"remove": mine.id})
    assert len(views_saved.saved(viewer, "question")) == 2
    as_viewer(viewer).post("/records/question/views", {"remove": mine.id})
    assert len(views_saved.saved(viewer, "question")) == 1


def test_a_collision_shows_what_the_other_changed_and_loses_nothing(as_viewer: Any) -> None:
    id = ask()
    client = as_viewer(FIRM)
    form = body(client.get(f"/records/question/{id}/edit"))
    revision = re.search(r'name="revision" value="(\d+)"', form).group(1)  # type: ignore[union-attr]
    facade.change(FIRM, "question", id, {"text": "IPv4 instead"})
    sent = {
        "revision": revision,
        "subject": "My subject",
        "was:subject": "Which gateway",
        "text": "IPv6",
        "was:text": "IPv6",
        "phone": "13800001234",
        "was:phone": "13800001234",
    }
    again = client.post(f"/records/question/{id}/edit", sent)
    page = body(again)
    assert again.status_code == 422 and "IPv4 instead" in page and 'value="My subject"' in page
    fresh = re.search(r'name="revision" value="(\d+)"', page).group(1)  # type: ignore[union-attr]
    kept = {**sent, "revision": fresh, "text": "IPv4 instead", "was:text": "IPv4 instead"}
    assert client.post(f"/records/question/{id}/edit", kept).status_code == 302
    view = facade.get(FIRM, "question", id)
    assert (view.values["subject"], view.values["text"]) == ("My subject", "IPv4 instead")


def test_a_personal_value_is_shown_on_request_and_that_is_audited(as_viewer: Any) -> None:
    id = ask()
    page = body(as_viewer(DESK).get(f"/records/question/{id}"))
    assert f"/records/question/{id}/reveal/phone" in page
    shown = as_viewer(DESK).post(f"/records/question/{id}/reveal/phone", headers={"HX-Request": "true"})
    assert "13800001234" in body(shown)
    assert AuditEntry.objects.filter(action="record.reveal", target=f"question/{id}").count() == 1
    page = body(as_viewer(EXPERT).get(f"/records/question/{id}"))
    assert "138****1234" in page and "reveal" not in page
    assert "13800001234" not in body(as_viewer(EXPERT).post(f"/records/question/{id}/reveal/phone"))


def test_both_ends_of_a_reference_are_shown(as_viewer: Any) -> None:
    viewer = Viewer("firm", "person:9", "Li", Role.ENGINEER, language="en")
    question = ask("Which gateway to buy")
    client = as_viewer(viewer)
    found = body(client.get("/records/tender/choices/question", {"question.text": "gateway"}))
    assert f'data-value="{question}"' in found
    made = client.post(
        "/records/tender/new", {"subject": "Gateways", "budget": "1,250,000", "question.text": "Which gateway to buy"}
    )
    page = body(client.get(made["Location"]))
    assert f"/records/question/{question}" in page and "¥1,250,000" in page
    assert made["Location"] in body(client.get(f"/records/question/{question}"))


def test_rail_and_search_know_records(as_viewer: Any) -> None:
    ask("Edge gateways for line 3")
    entries = {entry.url: entry.here for _, _, entries in rail(FIRM, "/records/question/1") for entry in entries}
    assert entries["/records/question"] and not entries["/records/tender"] and "/desk" in entries
    assert "Edge gateways for line 3" in body(as_viewer(FIRM).get("/search?q=gateways"))
    assert "Edge gateways" not in body(
        as_viewer(Viewer("other", "person:7", "X", Role.VIEWER)).get("/search?q=gateways")
    )


def test_the_portal_shows_what_is_public_and_nothing_else() -> None:
    viewer = Viewer("firm", "person:9", "Li", Role.ENGINEER, language="en")
    open_, closed = (facade.create(viewer, "tender", {"subject": f"Pump {n}", "budget": "10"}).id for n in "AB")
    facade.act(viewer, "tender", open_, "publish", reason="between us")
    client = Client(headers={"Accept-Language": "en"})
    for address in ("/portal", "/portal/tender", "/portal/search?search=pump"):
        page = body(client.get(address))
        assert "Pump A" in page and "Pump B" not in page, address
    page = body(client.get(f"/portal/tender/{open_}"))
    assert (
        "Pump A" in page and "between us" not in page and "Li" not in page.split("What happened")[1].split("</ol>")[0]
    )
    assert client.get(f"/portal/tender/{closed}").status_code == 404
    assert client.get("/portal/question").status_code == 404


def test_the_public_is_told_of_no_record_that_is_not_published() -> None:
    viewer = Viewer("firm", "person:9", "Li", Role.ENGINEER, language="en")
    fields = {"subject": "Pump", "budget": "10", "question": ask("What we do not say aloud")}
    id = facade.create(viewer, "tender", fields).id
    facade.act(viewer, "tender", id, "publish")
    client = Client(headers={"Accept-Language": "en"})
    for address in (f"/portal/tender/{id}", "/portal/tender?columns=subject,question"):
        page = body(client.get(address))
        assert "Pump" in page and "aloud" not in page and 'href="/records' not in page, address


def test_the_desk_shows_what_waits(as_viewer: Any) -> None:
    ask("Waiting for triage")
    page = body(as_viewer(DESK).get("/desk"))
    assert "Waiting for triage" in page and "What we handle" in page
    firm = body(as_viewer(FIRM).get("/desk"))
    assert "Waiting for triage" not in firm and "What we keep" in firm


@pytest.mark.parametrize("rows", [2, 40])
def test_queries_do_not_grow_with_rows(as_viewer: Any, rows: int) -> None:
    for n in range(rows):
        ask(f"Question {n}")
    client = as_viewer(DESK)
    client.get("/records/question")
    with CaptureQueriesContext(
        connection,
    ) as counted:
        client.get("/records/question?sort=title&state=opened")
    assert len(counted) <= LIST_QUERIES["*"], [one["sql"][:120] for one in counted]


# Queries of each type's list; a type that is not named may take as many as "*".
LIST_QUERIES = {"*": 12, "question": 9, "tender": 9}


def test_every_types_list_opens_within_its_queries() -> None:
    _, secret = create_token(system_viewer("bureau"), "reader", Role.ADMINISTRATOR)
    client = Client(headers={"Authorization": f"Bearer {secret}", "Accept-Language": "en"})
    client.get("/records/question")
    for declared in facade.types():
        with CaptureQueriesContext(connection) as counted:
            answer = client.get(f"/records/{declared.name}")
        assert answer.status_code == 200, declared.name
        allowed = LIST_QUERIES.get(declared.name, LIST_QUERIES["*"])
        assert len(counted) <= allowed, (declared.name, [one["sql"][:120] for one in counted])


def test_what_a_step_asked_stands_with_the_step() -> None:
    id = ask()
    facade.change(FIRM, "question", id, {"text": "IPv4"})
    facade.act(DESK, "question", id, "triage", given={"topic": "network"})
    happened = events(DESK, facade.type_of("question"), facade.get(DESK, "question", id))
    assert [(one.label, [change.name for change in one.changes]) for one in happened] == [
        ("Triage", ["topic"]),
        ("", ["text"]),
        ("Made", []),
    ]
    assert facade.get(DESK, "question", id).organisation_name == "Firm"
