"""Promise: the demonstration is invented, the same from the same seed, whole, and loaded twice it is there once."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import timezone

from kandelia.apps.applications import facade as room
from kandelia.apps.applications import store
from kandelia.apps.applications.demo import loading, people
from kandelia.apps.applications.demo.names import firm
from kandelia.sdk.record_types import Entry, Query, facade, steps
from kandelia.sdk.records import access
from kandelia.sdk.views import Role, Viewer

LEADER = Viewer(people.BUREAU, "person:0", "leader", Role.VIEWER, duties=frozenset({"leader", "acceptance"}))


def test_names_are_marked_and_codes_fit() -> None:
    chance, again = random.Random(1), random.Random(1)
    firms = [firm(n, chance) for n in range(2_000)]
    assert firms == [firm(n, again) for n in range(2_000)]
    assert len({one.uscc for one in firms}) == 2_000 == len({one.account for one in firms})
    assert all("演示" in one.name and len(one.uscc) == 18 for one in firms)  # the register checks the codes itself


@pytest.fixture
def loaded(tmp_path: Path) -> Iterator[Path]:
    yield loading.load(tmp_path, lambda said: None, firms=15, applications=70)


@pytest.mark.django_db
def test_it_is_whole_and_there_once(loaded: Path, tmp_path: Path) -> None:
    before = (store.rows("application").count(), store.rows("score").count(), store.rows("payment").count())
    loading.load(tmp_path, lambda said: None, firms=15, applications=70)
    assert (store.rows("application").count(), store.rows("score").count(), store.rows("payment").count()) == before
    assert before[0] == 70 and before[1] > 50 and before[2] > 5
    assert loaded.stat().st_mode & 0o077 == 0
    view = facade.page(LEADER, "application", Query(filters={"state": ("paid",)})).items[0]
    told, frozen = room.bound(LEADER, view.id), store.latest_snapshot(view.id)
    assert told is not None and told.repeats and frozen is not None
    assert view.values["decided"] <= view.values["bound"] and view.values["paid"] == view.values["decided"]
    assert all(one.replays for one in room.review(LEADER, view.id).draws)
    assert sum(one.count for one in room.performance(LEADER, "line")) > 60
    told_steps = facade.steps(LEADER, "application", view.id)
    assert [one.name for one in told_steps][:2] == ["pay", "decide"] and told_steps[-1].name == "create"
    assert told_steps[0].by_name == "演示财务" and told_steps[0].at > told_steps[1].at
    assert steps.verify_steps() is None and access.verify_chain() is None
    for row in Entry.objects.filter(type="application"):
        assert row.steps.order_by("-id")[0].target == row.state and row.state_at <= timezone.now()
    cases = list(room.cases(LEADER))
    assert len(cases) == sum(one.count for one in room.performance(LEADER, "size"))
