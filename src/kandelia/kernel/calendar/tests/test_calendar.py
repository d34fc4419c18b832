"""Promise: the published calendar is known from the first start, an edited day stays, and running limits follow it."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from kandelia.base.errors import InvalidInput, NotAllowed
from kandelia.kernel.access.contracts import Role, Viewer
from kandelia.kernel.access.models import Organisation
from kandelia.kernel.calendar import facade
from kandelia.kernel.calendar.days import SOURCE, published
from kandelia.kernel.jobs.models import Job
from kandelia.kernel.lives.logic.days import add_days, days_left, is_working
from kandelia.kernel.records import facade as records
from kandelia.kernel.records.models import CalendarDay, Entry, Timer

FIRM = Viewer("firm", "person:1", "Wang", Role.OPERATOR)
CHIEF = Viewer("bureau", "person:2", "Wu", Role.ADMINISTRATOR)
SPECIAL = {day: working for day, (working, _) in published().items()}
DAYS = st.dates(date(2004, 1, 1), date(2026, 12, 31))
CONTEXT = SimpleNamespace(progress=lambda share, words: None)


@pytest.fixture
def question(db: None, settings) -> int:
    settings.ORGANISATION = "bureau"
    bureau = Organisation.objects.create(id="bureau", name_zh="示范局")
    Organisation.objects.create(id="firm", name_zh="示例企业", parent=bureau)
    return records.create(FIRM, "question", {"subject": "如何接入", "text": "IPv6"}).id


@pytest.mark.django_db
def test_it_is_known_from_the_start() -> None:
    days = {one.day: one for one in facade.year(2026)}
    assert (len(days), sum(one.working for one in days.values())) == (365, 248)
    assert not days[date(2026, 10, 1)].working and days[date(2026, 10, 10)].working
    assert days[date(2026, 10, 10)].name == "国庆节调休" and days[date(2026, 10, 10)].source == SOURCE
    assert facade.load() == 0


def test_by_hand_stays_and_new_is_taken_over(question: int) -> None:
    facade.set_day(CHIEF, date(2026, 10, 10), working=False, name="本局休息")
    CalendarDay.objects.filter(day__year=2025).delete()
    assert facade.load() == sum(day.year == 2025 for day in published())
    assert not CalendarDay.objects.get(day=date(2026, 10, 10)).working
    assert CalendarDay.objects.get(day=date(2026, 10, 10)).source.endswith("Wu")


def test_running_limits_follow(question: int) -> None:
    timer = Timer.objects.get()
    last = timezone.localdate(timer.due_at)
    facade.set_day(CHIEF, last, working=False)
    job = Job.objects.get(kind="calendar.recount")
    assert facade.recount(CONTEXT, job.payload) == {"records": 1, "moved": 1}
    moved = timezone.localdate(Timer.objects.get().due_at)
    assert moved > last and timezone.localdate(Entry.objects.get(id=question).due_at) == moved
    facade.set_day(CHIEF, last, working=True)
    assert facade.recount(CONTEXT, job.payload)["moved"] == 1 and facade.recount(CONTEXT, job.payload)["moved"] == 0
    assert timezone.localdate(Timer.objects.get().due_at) == last


def test_a_suspended_limit_keeps_what_is_left(question: int) -> None:
    timer = Timer.objects.get()
    now = timezone.now()
    Timer.objects.update(suspended_at=now, left_days=5)
    facade.set_day(CHIEF, timezone.localdate(timer.due_at), working=False)
    facade.recount(CONTEXT, {"day": timezone.localdate(timer.due_at).isoformat()})
    assert Timer.objects.get().left_days == 5


def test_only_the_first_organisations_administrators(question: int) -> None:
    for viewer in (FIRM, Viewer("firm", "person:3", "Li", Role.ADMINISTRATOR)):
        assert not facade.may_edit(viewer)
        with pytest.raises(NotAllowed):
            facade.set_day(viewer, date(2026, 11, 27), working=False)
    for call in (lambda: facade.year(1999), lambda: facade.set_day(CHIEF, date(2300, 1, 1), working=False)):
        with pytest.raises(InvalidInput):
            call()


@given(DAYS, st.integers(0, 200), st.booleans())
def test_a_limit_ends_on_a_working_day_and_counts_right(start: date, days: int, working: bool) -> None:
    end = add_days(start, days, SPECIAL, working=working)
    assert is_working(end, SPECIAL) and end >= start
    assert end >= start + timedelta(days=days)
    if working and days:
        assert days_left(start, end, SPECIAL, working=True) == days
        assert days_left(end, start, SPECIAL, working=True) == -days


@given(DAYS, st.integers(0, 100), st.integers(0, 20))
def test_more_days_never_end_earlier(start: date, days: int, more: int) -> None:
    ends = [add_days(start, n, SPECIAL, working=True) for n in (days, days + more)]
    assert ends[0] <= ends[1]


@given(DAYS, st.integers(1, 60), st.integers(0, 90))
def test_another_day_of_rest_never_ends_a_limit_earlier(start: date, days: int, offset: int) -> None:
    rest = SPECIAL | {start + timedelta(days=offset): False}
    assert add_days(start, days, rest, working=True) >= add_days(start, days, SPECIAL, working=True)


@given(DAYS, st.integers(1, 30), st.integers(1, 30))
def test_limits_add_up(start: date, first: int, second: int) -> None:
    half = add_days(start, first, SPECIAL, working=True)
    assert add_days(half, second, SPECIAL, working=True) == add_days(start, first + second, SPECIAL, working=True)
