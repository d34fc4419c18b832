"""Promise: each step, limit and record tells whom it concerns once, and is published for both of its sides."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from kandelia.base.errors import InvalidInput
from kandelia.kernel.deputies import facade as deputies
from kandelia.kernel.events.models import EventOutbox
from kandelia.kernel.notices import facade as notices
from kandelia.kernel.records import clock
from kandelia.kernel.records import facade as records
from kandelia.kernel.records.models import Timer
from kandelia.kernel.work import facade as work
from kandelia.kernel.work import listening


def told(viewer) -> list[str]:
    return [one.kind for one in notices.notices(viewer).items]


def test_whose_turn_it_is_hears_of_it(people, ask) -> None:
    id = ask()
    assert told(people.desk) == told(people.desk2) == ["waiting"]
    assert told(people.firm) == told(people.expert) == told(people.other) == []
    records.act(people.desk, "question", id, "triage", given={"topic": "network"})
    assert (told(people.expert), told(people.firm), told(people.desk)) == (["waiting"], ["moved"], ["waiting"])
    text = notices.notices(people.firm).items[0].text
    assert (text.zh, text.en) == (
        f"咨询 {records.get(people.firm, 'question', id).code}「如何接入」现为：已分派",
        f"Question {records.get(people.firm, 'question', id).code} “如何接入” is now: Triaged",
    )
    records.act(people.expert, "question", id, "resolve", given={"answer": "x"})
    assert told(people.firm) == ["waiting", "moved"]


def test_what_is_given_tells_one(people, ask) -> None:
    id = ask()
    work.assign(people.desk, "question", id, "zhou")
    assert told(people.desk2) == ["assigned", "waiting"]
    Timer.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    clock.fire(None, {})
    clock.fire(None, {})
    assert told(people.desk2)[0] == "overdue" and told(people.desk) == ["waiting"]


def test_a_limit_is_told_two_working_days_before_once(people, ask) -> None:
    ask()
    Timer.objects.update(due_at=timezone.now() + timedelta(days=20))
    assert listening.tell_due(None, {}) == {"limits": 0}
    Timer.objects.update(due_at=timezone.now() + timedelta(hours=1))
    for _ in range(2):
        assert listening.tell_due(None, {}) == {"limits": 1}
    assert told(people.desk) == ["due", "waiting"]
    assert "Answer" in notices.notices(people.desk).items[0].text.en


def test_the_deputy_hears_too(people, ask) -> None:
    today = timezone.localdate()
    deputies.lend(people.desk, "qian", today, today, ("acceptance",))
    ask()
    assert told(people.expert) == ["waiting", "delegated"]
    assert notices.notices(people.expert).items[0].text.en.endswith("(for Zhao)")
    assert notices.notices(people.expert).items[0].text.zh.endswith("（代Zhao）")


def test_each_side_gets_the_event(people, ask) -> None:
    id = ask()
    records.act(people.desk, "question", id, "triage")
    bodies = [json.loads(body) for body in EventOutbox.objects.order_by("id").values_list("body", flat=True)]
    assert [(one["type"], one["organisation"]) for one in bodies] == [
        ("kandelia.record.create", "bureau"),
        ("kandelia.record.create", "firm"),
        ("kandelia.record.triage", "bureau"),
        ("kandelia.record.triage", "firm"),
    ]
    assert all(one["subject"] == f"question/{id}" for one in bodies)
    assert bodies[2]["data"]["to"] == "triaged" and "by" not in bodies[3]["data"]


def test_a_step_that_fails_tells_nobody(people, ask) -> None:
    id = ask()
    records.act(people.desk, "question", id, "triage", given={"topic": "network"})
    before = EventOutbox.objects.count()
    with pytest.raises(InvalidInput, match="answer"):
        records.act(people.expert, "question", id, "resolve")
    assert EventOutbox.objects.count() == before and told(people.firm) == ["moved"]
