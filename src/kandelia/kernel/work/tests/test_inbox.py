"""Promise: the inbox shows what waits for me and nobody else, by due day, in a bounded number of queries."""

from datetime import timedelta

import pytest
from django.utils import timezone

from kandelia.base.errors import InvalidInput
from kandelia.kernel.access.contracts import Role
from kandelia.kernel.records import facade as records
from kandelia.kernel.records.models import Entry
from kandelia.kernel.work import facade as work
from kandelia.kernel.work.contracts import InboxQuery

from .conftest import join

QUERIES_MAX = 4


def ids(viewer, **query) -> list[int]:
    return [one.id for one in work.inbox(viewer, InboxQuery(**query)).items]


def test_it_follows_the_life(people, ask) -> None:
    id = ask()
    assert ids(people.desk) == ids(people.desk2) == [id]
    assert ids(people.expert) == ids(people.firm) == ids(people.other) == ids(people.boss) == []
    records.act(people.desk, "question", id, "triage", given={"topic": "network"})
    assert (ids(people.desk), ids(people.expert)) == ([], [id])
    records.act(people.expert, "question", id, "resolve", given={"answer": "这样"})
    item = work.inbox(people.firm, InboxQuery()).items[0]
    assert (item.id, item.type, item.state_label.en, item.organisation_name) == (id, "question", "Resolved", "firm")
    records.act(people.firm, "question", id, "confirm")
    assert work.count(people.firm) == 0


def test_one_side_that_is_both_sees_its_own(people) -> None:
    engineer = join("firm", "ding", Role.ENGINEER)
    id = records.create(engineer, "tender", {"subject": "传感器", "budget": "1"}).id
    assert ids(engineer) == [id] == ids(people.firm)
    assert ids(people.other) == []


def test_by_due_day_with_counts_onward_and_back(people, ask) -> None:
    asked = [ask(f"第 {n} 题") for n in range(7)]
    now = timezone.now()
    for place, id in enumerate(asked):
        Entry.objects.filter(id=id).update(due_at=now + timedelta(days=3 - place) if place < 5 else None)
    expected = [*reversed(asked[:5]), *asked[5:]]
    pages, cursor = [], ""
    while True:
        page = work.inbox(people.desk, InboxQuery(after=cursor, limit=3))
        pages.append([one.id for one in page.items])
        if not page.next:
            break
        cursor = page.next
    assert pages == [expected[:3], expected[3:6], expected[6:]]
    assert ids(people.desk, before=page.previous, limit=3) == expected[3:6]
    assert (page.counts, page.overdue, page.total) == ({"question": 7}, {"question": 2}, 7)
    assert ids(people.desk, overdue=True) == expected[:2] and ids(people.desk, type="tender") == []
    assert [one.overdue for one in work.inbox(people.desk, InboxQuery()).items] == [True] * 2 + [False] * 5
    with pytest.raises(InvalidInput):
        ids(people.desk, after="x")


def test_four_queries_however_much_waits(people, ask, django_assert_max_num_queries) -> None:
    entry = Entry.objects.get(id=ask())
    columns = {one.attname: getattr(entry, one.attname) for one in Entry._meta.concrete_fields if one.name != "id"}
    due = [timezone.now() + timedelta(minutes=n) for n in range(5_000)]
    Entry.objects.bulk_create([Entry(**{**columns, "due_at": at}) for at in due], batch_size=1_000)
    with django_assert_max_num_queries(QUERIES_MAX):
        page = work.inbox(people.desk, InboxQuery(limit=50))
    assert page.total == 5_001 and len(page.items) == 50
    with django_assert_max_num_queries(QUERIES_MAX):
        assert len(work.inbox(people.desk, InboxQuery(limit=50, after=page.next)).items) == 50


def test_next_is_what_is_due_first(people, ask) -> None:
    first, second = ask("甲"), ask("乙")
    assert work.following(people.desk, first).id == second
    records.act(people.desk, "question", second, "triage")
    assert work.following(people.desk, first) is None
