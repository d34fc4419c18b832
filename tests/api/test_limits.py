"""Promise: what is broken is read with none, one and many rows, and acknowledged by who may."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import Client

from kandelia.apps.limits.commands import reference
from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Role
from kandelia.kernel.access.facade import add_organisation, create_token, system_viewer
from kandelia.kernel.rules.models import Occurrence

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)


@pytest.fixture
def red(db):
    add_organisation("red", LocalText("红", "Red"))
    return system_viewer("red")


def client(viewer, role=Role.OPERATOR) -> Client:
    _, secret = create_token(viewer, f"t-{role}", role)
    return Client(headers={"authorization": f"Bearer {secret}", "accept-language": "en"})


def broken(count: int) -> None:
    Occurrence.objects.bulk_create(
        Occurrence(
            organisation_id="red",
            limit=place,
            raised_ns=place,
            signal=f"s.a.m.t{place}",
            number=1,
            kind="high",
            level=10.0,
            severity=900 - place % 900,
            value=11.0,
            raised_at=AT + timedelta(seconds=place),
        )
        for place in range(count)
    )


@pytest.mark.parametrize("count", [0, 1, 500])
def test_the_pages_hold_any_number_of_rows(red, count):
    broken(count)
    web = client(red)
    pages = {place: web.get(place).content.decode() for place in ("/limits", "/limits/rows", "/limits/part")}
    assert pages["/limits/rows"].count("data-occurrence") == pages["/limits"].count("data-occurrence") == count
    assert ("Everything is within its limits" in pages["/limits"]) is (count == 0)
    assert ("not acknowledged" in pages["/limits/part"]) is (count > 0)
    assert len(web.get("/api/v1/limits/active").json()["items"]) == count
    assert web.get("/api/v1/limits/active?machine=s/a/other").json()["items"] == []


def test_who_may_operate_acknowledges(red):
    broken(2)
    one = Occurrence.objects.order_by("id").first()
    body = {"ids": [one.id], "comment": "seen"}
    refused = client(red, Role.VIEWER).post("/api/v1/limits/acknowledge", body, content_type="application/json")
    assert refused.status_code == 403
    done = client(red).post("/api/v1/limits/acknowledge", body, content_type="application/json")
    assert done.json() == {"count": 1}
    one.refresh_from_db()
    assert one.comment == "seen" and one.acknowledged_by and not one.done
    assert "seen" in client(red, Role.ENGINEER).get("/limits").content.decode()


def test_the_reference_is_made_of_the_table_of_operators():
    kept = Path(__file__).parents[2] / "docs" / "reference" / "operators.md"
    assert kept.read_text().strip() == reference().strip(), "make it anew: kandelia rules operators --markdown"
