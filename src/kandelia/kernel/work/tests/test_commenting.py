"""Promise: words about a record reach those on its sides, internal ones the handler's alone, and whom they mention."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kandelia.base.errors import InvalidInput, NotAllowed, NotFound
from kandelia.kernel.access.contracts import Role
from kandelia.kernel.notices import facade as notices
from kandelia.kernel.records import erasing
from kandelia.kernel.records import facade as records
from kandelia.kernel.records.registry import type_of
from kandelia.kernel.work import facade as work
from kandelia.kernel.work.logic.mentions import mentioned

from .conftest import join


def texts(viewer, id: int, type: str = "question") -> list[str]:
    return [one.text for one in work.comments(viewer, type, id).items]


def test_internal_words_stay_inside(people, ask) -> None:
    id = ask()
    work.comment(people.firm, "question", id, "请尽快")
    work.comment(people.desk, "question", id, "先查一下", internal=True)
    assert texts(people.expert, id) == ["先查一下", "请尽快"] and texts(people.firm, id) == ["请尽快"]
    with pytest.raises(NotAllowed):
        work.comment(people.firm, "question", id, "x", internal=True)
    for call in (lambda: texts(people.other, id), lambda: work.comment(people.other, "question", id, "x")):
        with pytest.raises(NotFound):
            call()


def test_a_public_record_keeps_its_words(people) -> None:
    engineer = join("firm", "ding", Role.ENGINEER)
    id = records.create(engineer, "tender", {"subject": "传感器", "budget": "1"}).id
    records.act(engineer, "tender", id, "publish")
    work.comment(engineer, "tender", id, "内部讨论")
    assert texts(people.other, id, "tender") == []
    with pytest.raises(NotAllowed):
        work.comment(people.other, "tender", id, "x")


def test_mentions_tell_those_who_may_read(people, ask) -> None:
    id = ask()
    work.comment(people.desk, "question", id, "@qian 请看，抄送 @wang、@li、@zhao 和 nobody@wang.cn", internal=False)
    told = {one: [n.kind for n in notices.notices(getattr(people, one)).items] for one in ("expert", "firm", "other")}
    assert told == {"expert": ["mention"], "firm": ["mention"], "other": []}
    work.comment(people.desk, "question", id, "@wang", internal=True)
    assert notices.unread(people.firm) == 1
    said = notices.notices(people.expert).items[0]
    assert said.subject == f"question/{id}" and said.text.en.startswith("Zhao mentions you at Question ZX-")


def test_pages_of_words(people, ask, django_assert_max_num_queries) -> None:
    id = ask()
    for n in range(60):
        work.comment(people.desk, "question", id, str(n))
    with django_assert_max_num_queries(4):
        page = work.comments(people.desk, "question", id)
    assert len(page.items) == 50
    assert [one.text for one in work.comments(people.desk, "question", id, after=page.next).items][-1] == "0"
    for text in ("", "  ", "x" * 10_001):
        with pytest.raises(InvalidInput):
            work.comment(people.desk, "question", id, text)


def test_words_go_with_personal_data(people, ask) -> None:
    id = ask()
    work.comment(people.desk, "question", id, "电话 13800001234，@qian")
    erasing.anonymise(type_of("question"), id)
    assert texts(people.desk, id) == [] and notices.notices(people.expert).items == ()


@given(st.text())
def test_mentions_never_fail(text: str) -> None:
    assert all(f"@{name}" in text for name in mentioned(text))


def test_mentions_in_chinese_text() -> None:
    assert mentioned("请@zhang.san看，@li-4。@li-4；a@b.cn @王") == ("zhang.san", "li-4")
