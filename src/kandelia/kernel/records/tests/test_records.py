"""Promise: a declared type can be made, changed, found, stepped through its life, and only by those it says."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from kandelia.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kandelia.kernel.access.audit import verify_chain
from kandelia.kernel.access.contracts import Role, Viewer
from kandelia.kernel.access.models import Organisation
from kandelia.kernel.records import acting, clock, facade, registry, timers
from kandelia.kernel.records.contracts import Query
from kandelia.kernel.records.models import Entry, Step
from kandelia.kernel.records.steps import verify_steps

pytestmark = pytest.mark.django_db
FIRM = Viewer("firm", "person:1", "Wang", Role.OPERATOR)
OTHER = Viewer("other", "person:2", "Li", Role.ADMINISTRATOR)
DESK = Viewer("bureau", "person:3", "Zhao", Role.VIEWER, duties=frozenset({"acceptance"}))
EXPERT = Viewer("bureau", "person:4", "Qian", Role.VIEWER, duties=frozenset({"expert"}))


@pytest.fixture(autouse=True)
def places() -> None:
    bureau = Organisation.objects.create(id="bureau", name_zh="示范局")
    for id in ("firm", "other"):
        Organisation.objects.create(id=id, name_zh=id, parent=bureau)


def ask(subject: str = "工业互联网平台如何接入", **more: Any) -> int:
    return facade.create(FIRM, "question", {"subject": subject, "text": "IPv6 网络", "phone": "13800001234", **more}).id


def test_a_question_walks_its_life() -> None:
    id = ask()
    view = facade.get(DESK, "question", id)
    assert (view.state, view.code, view.handler) == ("opened", f"ZX-{timezone.localdate():%Y}-0001", "bureau")
    assert view.due_at is not None
    assert [one.name for one in facade.actions(DESK, "question", id)] == ["triage"]
    assert facade.actions(FIRM, "question", id) == ()
    facade.act(DESK, "question", id, "triage", given={"topic": "network"})
    with pytest.raises(InvalidInput, match="answer"):
        facade.act(EXPERT, "question", id, "resolve")
    facade.act(EXPERT, "question", id, "resolve", given={"answer": "这样接入"})
    done = facade.act(FIRM, "question", id, "confirm")
    assert (done.state, done.due_at) == ("closed", None)
    assert [step.name for step in facade.steps(FIRM, "question", id)] == ["confirm", "resolve", "triage", "create"]
    assert verify_chain() is None and verify_steps() is None


def test_what_the_chain_says_of_a_step_cannot_be_changed() -> None:
    facade.act(DESK, "question", ask(), "triage", given={"topic": "network"}, reason="分派")
    step = Step.objects.get(name="triage")
    step.content["reason"] = "别的"
    step.save()
    assert verify_steps() == step.id
    Step.objects.filter(id=step.id).update(content=None)
    assert verify_steps() is None


def test_others_see_nothing() -> None:
    id = ask()
    for call in (
        lambda: facade.get(OTHER, "question", id),
        lambda: facade.change(OTHER, "question", id, {"subject": "x"}),
        lambda: facade.act(OTHER, "question", id, "triage"),
        lambda: facade.get(None, "question", id),
    ):
        with pytest.raises(NotFound):
            call()
    assert facade.page(OTHER, "question", Query()).items == ()
    assert facade.search(OTHER, "平台") == () and facade.search(None, "平台") == ()


def test_the_wrong_person_or_state_is_refused() -> None:
    id = ask()
    with pytest.raises(NotAllowed):
        facade.act(EXPERT, "question", id, "triage")
    with pytest.raises(Conflict, match="possible now: triage"):
        facade.act(EXPERT, "question", id, "resolve")
    with pytest.raises(NotAllowed):
        facade.change(DESK, "question", id, {"subject": "x"})


def test_fields_are_changed_with_their_history_and_masked() -> None:
    id = ask()
    first = facade.get(FIRM, "question", id)
    facade.change(FIRM, "question", id, {"subject": "新主题"}, first.revision)
    with pytest.raises(Conflict, match="meanwhile"):
        facade.change(FIRM, "question", id, {"subject": "旧主题"}, first.revision)
    assert facade.changes(FIRM, "question", id)[0].fields == {"subject": ("工业互联网平台如何接入", "新主题")}
    assert facade.get(EXPERT, "question", id).values["phone"] == "138****1234"
    assert facade.get(DESK, "question", id).values["phone"] == "13800001234"
    with pytest.raises(InvalidInput, match="no field"):
        facade.change(FIRM, "question", id, {"colour": "red"})
    with pytest.raises(InvalidInput, match="not set by hand"):
        facade.change(FIRM, "question", id, {"answer": "x"})


@pytest.mark.parametrize("words", ["平台", "工业互联网", "ipv6", "IPV", "网", "接入 平台", "ＩＰｖ６"])
def test_words_find(words: str) -> None:
    id = ask()
    ask("别的事情", text="没有")
    assert [hit.id for hit in facade.search(FIRM, words)] == [id]
    assert [view.id for view in facade.page(DESK, "question", Query(text=words)).items] == [id]
    assert facade.search(FIRM, "联平") == ()


@pytest.mark.parametrize("sort", ["created", "-created", "title", "-title", "topic", "-topic", "changed", "code"])
def test_pages_go_onward_and_back(sort: str) -> None:
    ids = [ask(f"第 {n % 4} 题") for n in range(13)]
    seen, cursor, pages = [], "", []
    while True:
        page = facade.page(FIRM, "question", Query(sort=sort, after=cursor, limit=5))
        pages.append(page)
        seen += [view.id for view in page.items]
        if not page.next:
            break
        cursor = page.next
    assert sorted(seen) == ids and pages[0].total == 13 and not pages[0].previous
    back = facade.page(FIRM, "question", Query(sort=sort, before=pages[-1].previous, limit=5))
    assert back.items == pages[-2].items


def test_a_record_is_found_by_its_number() -> None:
    code = facade.get(FIRM, "question", ask()).code
    assert [hit.title for hit in facade.search(FIRM, code)] == ["工业互联网平台如何接入"]


def test_a_bad_cursor_sort_or_filter_says_so() -> None:
    for query in (Query(after="x"), Query(sort="colour"), Query(filters={"colour": ("red",)})):
        with pytest.raises(InvalidInput):
            facade.page(FIRM, "question", query)


def test_the_clock_closes_a_tender() -> None:
    boss = Viewer("firm", "person:9", "Sun", Role.ENGINEER)
    id = facade.create(boss, "tender", {"subject": "传感器", "budget": "1,250,000"}).id
    facade.act(boss, "tender", id, "publish")
    assert facade.get(None, "tender", id).title == "传感器"
    timers.Timer.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert clock.fire(None, {}) == {"fired": 1}  # type: ignore[arg-type]
    assert facade.get(boss, "tender", id).state == "evaluating"
    with pytest.raises(InvalidInput, match="nobody was chosen"):
        facade.act(boss, "tender", id, "award")
    assert facade.act(boss, "tender", id, "award", given={"winner": "甲"}).public


def test_bulk_says_what_stood_in_the_way() -> None:
    ids = [ask(f"问 {n}") for n in range(3)]
    facade.act(DESK, "question", ids[0], "triage")
    done = facade.act_many(DESK, "question", [*ids, 999], "triage")
    assert [bool(done[id]) for id in (*ids, 999)] == [True, False, False, True]


def test_personal_data_go_after_their_time() -> None:
    id = ask()
    facade.act(DESK, "question", id, "triage")
    Entry.objects.update(ended_at=timezone.now() - timedelta(days=31))
    assert clock.anonymise(None, {}) == {"anonymised": 1}  # type: ignore[arg-type]
    assert facade.get(DESK, "question", id).values["phone"] == "***"
    assert facade.steps(DESK, "question", id)[0].by_name == "" and verify_steps() is None


def test_a_listener_hears_each_step() -> None:
    heard = []
    acting.on_step(lambda case, source: heard.append((case.transition.name, source)))
    facade.act(DESK, "question", ask(), "triage")
    acting.listeners.pop()
    assert heard == [("triage", "opened")]


def test_a_reference_to_no_type_is_refused_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    registry.check_references()
    monkeypatch.delitem(registry._types, "question")
    with pytest.raises(Conflict, match='unknown type "question"'):
        registry.check_references()
