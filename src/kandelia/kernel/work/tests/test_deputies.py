"""Promise: while somebody is away their deputy acts with their duties, in their name, and as a person of their own."""

from datetime import timedelta

import pytest
from django.utils import timezone

from kandelia.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kandelia.kernel.access.models import Duty
from kandelia.kernel.deputies import facade as deputies
from kandelia.kernel.deputies.facade import with_lent_duties
from kandelia.kernel.records import facade as records
from kandelia.kernel.work import facade as work
from kandelia.kernel.work.contracts import InboxQuery


def lend(viewer, deputy: str, *, days: tuple[int, int] = (0, 5), duties: tuple[str, ...] = ("acceptance",), **more):
    first, last = (timezone.localdate() + timedelta(days=n) for n in days)
    return deputies.lend(viewer, deputy, first, last, duties, **more)


def test_a_deputy_acts_in_their_name(people, ask) -> None:
    id = ask()
    lend(people.desk, "qian")
    deputy = with_lent_duties(people.expert)
    assert deputy.stands_for == (("acceptance", "Zhao"),)
    items = work.inbox(deputy, InboxQuery()).items
    assert [(one.id, one.for_name) for one in items] == [(id, "Zhao")]
    records.act(deputy, "question", id, "triage", given={"topic": "network"})
    step = records.steps(people.chief, "question", id)[0]
    assert (step.by, step.for_name) == (people.expert.subject, "Zhao")
    assert [(one.id, one.for_name) for one in work.inbox(deputy, InboxQuery()).items] == [(id, "")]
    records.act(deputy, "question", id, "resolve", given={"answer": "x"})
    assert records.steps(people.chief, "question", id)[0].for_name == ""


def test_what_is_given_to_the_absent_comes_to_the_deputy(people, ask) -> None:
    id = ask()
    work.assign(people.desk, "question", id, "zhao")
    lend(people.desk, "qian")
    assert work.inbox(people.desk2, InboxQuery()).items == ()
    item = work.inbox(with_lent_duties(people.expert), InboxQuery(assigned=True)).items[0]
    assert (item.id, item.assigned, item.for_name) == (id, True, "Zhao")


def test_only_in_its_days_and_only_what_is_held(people) -> None:
    made = lend(people.desk, "qian", days=(1, 5))
    assert with_lent_duties(people.expert) == people.expert and not made.active
    deputies.take_back(people.desk, made.id)
    made = lend(people.desk, "qian")
    Duty.objects.filter(name="acceptance", membership__person_id=people.desk.person).delete()
    assert with_lent_duties(people.expert).duties == people.expert.duties
    deputies.take_back(people.expert, made.id)
    with pytest.raises(NotFound):
        deputies.take_back(people.desk, made.id)


@pytest.mark.parametrize(
    ("error", "deputy", "more"),
    [
        (InvalidInput, "zhao", {}),
        (InvalidInput, "wang", {}),
        (InvalidInput, "qian", {"duties": ("leader",)}),
        (InvalidInput, "qian", {"duties": ()}),
        (InvalidInput, "qian", {"days": (3, 1)}),
        (InvalidInput, "qian", {"days": (-5, -1)}),
        (InvalidInput, "qian", {"days": (0, 400)}),
        (NotAllowed, "qian", {"person": "zhou"}),
    ],
)
def test_nonsense_is_refused(people, error, deputy, more) -> None:
    with pytest.raises(error):
        lend(people.desk, deputy, **more)


def test_conflicts_are_refused(people) -> None:
    lend(people.desk, "qian")
    with pytest.raises(Conflict, match="lent already"):
        lend(people.desk, "zhou", days=(5, 9))
    with pytest.raises(Conflict, match="is away"):
        lend(people.desk2, "zhao", days=(2, 3))
    with pytest.raises(Conflict, match="stands in"):
        lend(people.expert, "zhou", duties=("expert",))
    lend(people.desk, "zhou", days=(6, 9))


def test_a_supervisor_lends_for_the_ill_and_others_see_their_own(people) -> None:
    made = lend(people.boss, "qian", person="zhao", reason="病假")
    assert (made.person.sign_in, made.reason) == ("zhao", "病假")
    assert [len(deputies.delegations(one)) for one in (people.desk, people.expert, people.boss, people.desk2)] == [
        1,
        1,
        1,
        0,
    ]
    assert deputies.delegations(people.other) == ()
    with pytest.raises(NotFound):
        deputies.take_back(people.other, made.id)
    with pytest.raises(NotFound):
        deputies.take_back(people.desk2, made.id)
