"""Promise: a share shows what was accepted, until it ends, to the partner alone; who looked stands for the owner."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from kandelia.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.kernel.access import facade as access
from kandelia.kernel.access.contracts import Role, Viewer
from kandelia.kernel.access.models import Organisation
from kandelia.kernel.connections import facade as connections
from kandelia.kernel.connections.contracts import ConnectionView
from kandelia.kernel.records.models import Timer
from kandelia.kernel.sharing import facade as sharing
from kandelia.kernel.sharing.facade import Offer
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.signals import lent, queries
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.signals.watching import watch_of
from kandelia.kernel.things import facade as things

pytestmark = pytest.mark.django_db
OWNER = Viewer("north", "person:1", "Wang", Role.ADMINISTRATOR)
PARTNER = Viewer("maker", "person:2", "Li", Role.ADMINISTRATOR)
READER = Viewer("maker", "person:3", "Qian", Role.VIEWER)
OTHER = Viewer("other", "person:4", "Sun", Role.ADMINISTRATOR)
NAME = LocalText("名", "Name")
PLACE = "s1/hall/lines/l1"


@pytest.fixture
def numbers() -> dict[str, int]:
    """Two machines with a signal each, the first on a line."""
    for name in ("north", "maker", "other"):
        Organisation.objects.create(id=name)
    things.put_site(OWNER, "s1", NAME)
    things.put_area(OWNER, "s1/hall", NAME)
    things.put_line(OWNER, PLACE, NAME)
    connections.put_connection(OWNER, ConnectionView("link", "s1", NAME, "opcua", {"url": "x"}))
    for key, line in (("oven", "l1"), ("press", "")):
        things.put_machine(OWNER, f"s1/hall/{key}", NAME, line=line)
        view = SignalView(0, "", "heat", f"s1/hall/{key}", NAME, Kind.FLOAT, connection="link")
        signals.put_signal(OWNER, view)
    return {view.machine.rpartition("/")[2]: view.number for view in signals.list_signals(OWNER).items}


def accepted(**more: object) -> int:
    made = sharing.offer(OWNER, Offer("maker", **({"place": PLACE} | more)))  # type: ignore[arg-type]
    assert access.borrowed(READER) == (), "an offer shows nothing"
    return sharing.accept(PARTNER, made.id).id


def test_a_partner_sees_what_is_shared_and_no_more(numbers):
    accepted()
    assert set(signals.signals_of(READER, numbers.values())) == {numbers["oven"]}
    with pytest.raises(NotFound):
        signals.signal(READER, numbers["press"])
    [guest] = access.borrowed(READER)
    [machine] = things.tree(guest)[0].areas[0].lines[0].machines
    assert machine.path == "s1/hall/oven" and things.tree(guest)[0].areas[0].machines == ()
    assert [view.number for view in signals.list_signals(guest).items] == [numbers["oven"]]
    assert connections.list_connections(guest) == ()
    assert watch_of(READER).lent == (("north", (numbers["oven"],)),)
    for stranger in (OTHER, Viewer("maker", "person:9", "x", Role.MEMBER)):
        assert access.borrowed(stranger) == ()
    with pytest.raises(NotAllowed):
        signals.put_signal(guest, signals.signal(guest, numbers["oven"]))


def test_questions_run_under_the_owner_with_the_shared_numbers(numbers):
    accepted(since=date(2026, 1, 5))
    [part] = queries._parts(READER, [numbers["oven"]])
    assert (part.organisation, part.numbers) == ("north", (numbers["oven"],))
    start = timezone.make_aware(datetime(2026, 1, 5)).astimezone(UTC).timestamp()
    assert part.since_ns == int(start) * 10**9
    with pytest.raises(NotFound):
        queries.raw(READER, [numbers["oven"], numbers["press"]], 0, 1)
    with pytest.raises(NotAllowed):
        queries.require_export(READER, [numbers["oven"]])


def test_single_signals_are_shared_as_files_where_the_owner_says_so(numbers):
    accepted(place="", signals=(numbers["press"],), export=True)
    queries.require_export(READER, [numbers["press"]])
    assert set(lent.find(READER, list(numbers.values()))) == {numbers["press"]}


def test_who_looked_is_summed_by_person_day_and_machine(numbers):
    id = accepted()
    for _ in range(3):
        queries._parts(READER, [numbers["oven"]])
    [look] = sharing.looks(OWNER, id)
    assert (look.name, look.group, look.times) == ("Qian", "s1/hall/oven", 3)
    assert sharing.looks(PARTNER) == ()


@pytest.mark.parametrize("who", [OWNER, PARTNER])
def test_either_side_ends_it_at_once_and_sockets_hear(numbers, who, monkeypatch, django_capture_on_commit_callbacks):
    told: list[str] = []
    monkeypatch.setattr("kandelia.kernel.access.revocation._listeners", [told.append])
    id = accepted()
    with django_capture_on_commit_callbacks(execute=True):
        sharing.end(who, id)
    assert "organisation:maker" in told
    assert access.borrowed(READER) == () and signals.signals_of(READER, numbers.values()) == {}
    with pytest.raises(Conflict):
        sharing.accept(PARTNER, id)


def test_its_last_day_ends_it_and_the_clock_says_so(numbers):
    today = timezone.localdate()
    id = accepted(until=today)
    [guest] = access.borrowed(READER)
    assert guest.until is not None and timezone.localdate(guest.until) == today
    limit = Timer.objects.get(entry_id=id)
    assert limit.ended_at is None and timezone.localdate(limit.due_at) >= today
    with pytest.raises(InvalidInput):
        sharing.offer(OWNER, Offer("maker", place=PLACE, until=today - timedelta(days=1)))


def test_only_administrators_of_the_two_sides_deal_with_it(numbers):
    id = sharing.offer(OWNER, Offer("maker", place=PLACE)).id
    for refused, error in ((READER, NotAllowed), (OTHER, NotFound), (OWNER, NotFound)):
        with pytest.raises(error):
            sharing.accept(refused, id)
    for wrong in (Offer("north", place=PLACE), Offer("nobody", place=PLACE), Offer("maker")):
        with pytest.raises(InvalidInput):
            sharing.offer(OWNER, wrong)
    with pytest.raises(NotFound):
        sharing.offer(OWNER, Offer("maker", place="s9"))
    assert sharing.decline(PARTNER, id).state == "declined"
    assert [one.state for one in sharing.shares(OWNER)] == ["declined"]
