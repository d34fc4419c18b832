"""Promise: a record given to one is nobody else's to do first, is taken back with a reason, and ends with its turn."""

import pytest

from kandelia.base.errors import InvalidInput, NotAllowed, NotFound
from kandelia.kernel.access.contracts import Role
from kandelia.kernel.records import facade as records
from kandelia.kernel.work import facade as work
from kandelia.kernel.work.contracts import InboxQuery

from .conftest import join


def ids(viewer, **query) -> list[int]:
    return [one.id for one in work.inbox(viewer, InboxQuery(**query)).items]


def test_given_to_one_it_leaves_the_others(people, ask) -> None:
    id = ask()
    assert [one.sign_in for one in work.candidates(people.desk, "question", id)] == ["zhao", "zhou"]
    work.assign(people.desk, "question", id, "zhou")
    assert (ids(people.desk), ids(people.desk2), ids(people.desk2, assigned=True)) == ([], [id], [id])
    held = work.assigned(people.boss, "question", id)
    assert [(one.name, one.by_name, one.ended_at) for one in held] == [("Zhou", "Zhao", None)]


def test_taken_from_one_by_a_supervisor_with_a_reason(people, ask) -> None:
    id = ask()
    work.assign(people.desk, "question", id, "zhou")
    with pytest.raises(NotAllowed, match="Zhou has this"):
        work.assign(people.desk, "question", id, "zhao")
    with pytest.raises(InvalidInput, match="reason"):
        work.assign(people.boss, "question", id, "zhao")
    work.assign(people.boss, "question", id, "zhao", reason="出差")
    assert ids(people.desk) == [id] and ids(people.desk2) == []
    assert [one.reason for one in work.assigned(people.boss, "question", id)] == ["出差", ""]
    work.assign(people.desk, "question", id, "")
    assert ids(people.desk2) == [id]


def test_only_to_who_may_take_the_step(people, ask) -> None:
    id = ask()
    for name in ("qian", "wang", "nobody", "sun"):
        with pytest.raises(InvalidInput, match="cannot take"):
            work.assign(people.desk, "question", id, name)
    with pytest.raises(NotAllowed):
        work.assign(people.expert, "question", id, "zhao")
    assert not work.may_assign(people.expert, "question", id) and work.may_assign(people.chief, "question", id)


def test_it_ends_with_the_turn(people, ask) -> None:
    id = ask()
    work.assign(people.desk, "question", id, "zhao")
    records.act(people.desk, "question", id, "triage")
    assert work.assigned(people.desk, "question", id)[0].ended_at is not None
    assert ids(people.expert) == [id]


def test_others_see_no_assignment(people, ask) -> None:
    id = ask()
    work.assign(people.desk, "question", id, "zhao")
    assert work.assigned(people.firm, "question", id) == ()
    for call in (work.assigned, work.candidates, work.may_assign):
        with pytest.raises(NotFound):
            call(people.other, "question", id)
    with pytest.raises(NotFound):
        work.assign(people.other, "question", id, "li")


def test_a_role_waits_for_its_organisation(people) -> None:
    engineer = join("firm", "ding", Role.ENGINEER)
    id = records.create(engineer, "tender", {"subject": "传感器", "budget": "1"}).id
    assert [one.sign_in for one in work.candidates(engineer, "tender", id)] == ["ding", "wang"]
    work.assign(engineer, "tender", id, "wang")
    assert ids(engineer) == [] and ids(people.firm) == [id]
