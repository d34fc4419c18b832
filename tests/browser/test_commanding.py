"""Promise: an operator sets a value at a device by the screens alone, is asked once more, and sees it follow."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Look, check_access, check_fits, picture
from tests.installation import Installation

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]
LIVE_MS = 60_000
SIGNAL = "sample.smt.smt1-oven.zone-4-setpoint"


def test_an_oven_zone_is_set_confirmed_and_follows(signed_in, site: Installation, look: Look) -> None:
    with site.client(site.token("viewer")) as program:
        number = program.get(f"/api/v1/signals/{SIGNAL}").json()["number"]
    page = signed_in(look)
    page.goto("/machines/sample/smt/smt1-oven")
    expect(page.locator(f'.value-set[href="/signals/{number}/set"]')).to_be_visible()
    check_fits(page)
    page.goto(f"/signals/{number}")
    shown = page.locator(f'live-value[data-signal="{number}"][state="good"] .lv-number').first
    expect(shown).not_to_have_text("–", timeout=LIVE_MS)
    aim = float(shown.inner_text().replace(",", "")) + 7
    page.locator('a[href$="/set"]').click()
    dialog = page.locator("#step-dialog")
    expect(dialog.locator("#f-value")).to_be_visible()
    expect(dialog.locator("live-value .lv-number")).not_to_have_text("–", timeout=LIVE_MS)
    check_access(page)
    picture(page, "set-value", look)
    dialog.locator("#f-value").fill("999")
    dialog.locator("#f-reason").fill("a new recipe")
    dialog.locator("button.button-main").click()
    expect(dialog.locator("#e-value")).to_be_visible()
    dialog.locator("#f-value").fill(f"{aim:g}")
    dialog.locator("button.button-main").click()
    sending = dialog.locator('button[name="confirmed"]')
    expect(sending).to_be_visible()
    expect(dialog.locator(".facts")).to_contain_text(f"{aim:g}")
    check_access(page)
    picture(page, "set-value-confirm", look)
    sending.click()
    page.wait_for_url(re.compile(r"/records/command/\d+"))
    expect(page.locator(".state").first).to_contain_text(look.say("已确认", "Confirmed"), timeout=LIVE_MS)
    check_access(page)
    check_fits(page)
    picture(page, "command", look)
    page.goto(f"/signals/{number}")
    expect(shown).to_have_text(re.compile(rf"^{aim:.1f}$"), timeout=LIVE_MS)
    page.goto(f"/records/command?signal={SIGNAL}")
    expect(page.locator("tbody tr").first).to_contain_text(SIGNAL)
    check_fits(page)
    picture(page, "commands", look)
