"""Promise: the events page shows what happened, the newest first, of one's own organisation alone."""

import re

import pytest
from django.test import Client

from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Role
from kandelia.kernel.access.facade import add_organisation, add_person, system_viewer
from kandelia.kernel.events import facade as events

PASSWORD = "correct horse battery"
pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(organisation: str) -> Client:
    add_organisation(organisation, LocalText(organisation, organisation))
    add_person(system_viewer(organisation), f"eve-{organisation}", PASSWORD, Role.VIEWER, must_change=False)
    client = Client(headers={"Accept-Language": "en"})
    assert client.post("/sign-in", {"name": f"eve-{organisation}", "password": PASSWORD}).status_code == 302
    return client


def test_the_newest_first_by_type_and_page_and_never_anothers(plane) -> None:
    here, there = signed_in("eventful"), signed_in("quiet")
    for number in range(60):
        type = "kandelia.limit.raised" if number % 2 else "kandelia.connection.lost"
        events.publish(events.event("eventful", type, "/test", subject=f"thing-{number}", data={"n": number}))
    assert events.send_recorded() == 60

    first = here.get("/events").content.decode()
    assert re.findall(r'"n": ?(\d+)|&quot;n&quot;: (\d+)', first)[0][1] == "59"
    assert first.count("<tr><td") == 50
    assert "Connection lost" in first
    assert 'href="/connections/of/thing-58"' in first
    (older,) = set(re.findall(r'href="\?([^"]*before=\d+)"', first))
    assert here.get(f"/events?{older}").content.decode().count("<tr><td") == 10

    limits = here.get("/events?type=kandelia.limit.").content.decode()
    assert limits.count("<tr><td") == 30
    assert "thing-58" not in limits
    assert "Nothing happened that fits" in there.get("/events").content.decode()
    assert "Nothing happened that fits" in here.get("/events?last_day=2020-01-01").content.decode()
    for wrong in ("type=%3E", "type=a..b", "first_day=tomorrow"):
        assert here.get(f"/events?{wrong}").status_code == 400, wrong
    assert Client().get("/events").status_code in (302, 401)
