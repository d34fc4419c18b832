"""Promise: a limit that a person sets on a page is seen broken there and on its machine, and acknowledged there."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Look, check_access, check_fits, picture
from tests.installation import Installation, until

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]
SIGNAL = "sample.utilities.air-receiver.flow"
SEEN_MS = 90_000


def test_set_see_and_acknowledge_a_limit(site: Installation, signed_in, look: Look) -> None:
    page = signed_in(look)
    page.goto("/limits")
    check_access(page)
    page.goto("/records/limit/new")
    page.locator('[name="signal"]').fill(SIGNAL)
    page.locator('[name="kind"]').select_option("high-high")
    page.locator('[name="level"]').fill("0.01")
    page.locator('[name="severity"]').fill("900")
    page.locator("form .button-main").first.click()
    page.wait_for_url(re.compile(r"/records/limit/\d+$"))
    page.goto("/limits")
    row = page.locator(
        "tr[data-occurrence]", has_text=look.say("高高限", "High-high")
    ).first  # a second try finds the first one's too
    expect(row).to_be_visible(timeout=SEEN_MS)
    check_access(page)
    check_fits(page)
    picture(page, "limits", look)
    page.locator('[name="comment"]').fill("seen")
    row.get_by_role("button").click()
    expect(row).to_contain_text("seen")
    page.goto("/machines/sample/utilities/air-receiver")
    expect(page.locator(".limits-part")).to_contain_text(look.say("高高限", "High-high"), timeout=SEEN_MS)
    client = site.client(site.token())
    events = until("the event is told", lambda: _told(client), 30)
    assert events[0]["subject"] == SIGNAL


def _told(client) -> list[dict]:
    items = client.get("/api/v1/events", params={"limit": 1_000}).json()["items"]
    return [one for one in items if one["type"] == "kandelia.limit.raised" and one["subject"] == SIGNAL]
