"""Promise: on the plant's screens values live, trends zoom to a second, lists obey the keyboard, in every look."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Look, check_access, check_fits, picture

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]
FRESH_MS = 30_000


def first_machine(page: Page) -> str:
    """The address of a machine with temperatures, taken from the overview as a person would."""
    href = page.locator(".card", has=page.locator(".lv-unit", has_text="°C")).first.locator(".card-name")
    return str(href.get_attribute("href"))


def asked_window(page: Page) -> tuple[int, int]:
    """(from, to) in ms as they stand in the address."""
    page.wait_for_url(re.compile(r"from=\d+&to=\d+"))
    found = re.search(r"from=(\d+)&to=(\d+)", page.url)
    assert found
    return int(found.group(1)), int(found.group(2))


def test_the_overview_lives_and_filters(signed_in, look: Look) -> None:
    page = signed_in(look)
    page.goto("/")
    running = page.locator('.card[data-state="running"]')
    expect(running.first).to_be_visible(timeout=FRESH_MS)
    value = page.locator('live-value[state="good"] .lv-number').first
    expect(value).not_to_have_text("–", timeout=FRESH_MS)
    check_access(page)
    check_fits(page)
    picture(page, "overview", look)
    page.locator('[data-count="running"]').click()
    expect(page.locator('.card:not([data-state="running"]):visible')).to_have_count(0)
    assert "state=running" in page.url
    page.locator('[data-count="all"]').click()
    page.fill("[data-machine-filter]", "zzz-no-such-machine")
    expect(page.locator("[data-nothing]")).to_be_visible()


def test_a_machine_shows_its_signals_and_zooms_to_a_second(signed_in, look: Look) -> None:
    page = signed_in(look)
    page.goto("/")
    page.goto(first_machine(page))
    expect(page.locator("live-trend canvas")).to_be_visible()
    expect(page.locator(".tr-table tbody tr").first).to_be_visible()
    changing = page.locator(".tr-table td.tr-cursor").first
    expect(changing).not_to_have_text("–", timeout=FRESH_MS)
    check_access(page)
    check_fits(page)
    picture(page, "machine", look)
    stage = page.locator(".tr-stage")
    stage.focus()
    page.keyboard.press("PageUp")
    for _ in range(13):
        page.keyboard.press("+")
    begin, end = asked_window(page)
    assert end - begin < 1_000
    page.keyboard.press("l")
    expect(page.locator(".tr-live")).to_have_attribute("aria-pressed", "true")
    shown = page.locator(".tr-table tbody tr").count()
    page.locator('[data-trend-toggle][aria-pressed="false"]').first.click()
    expect(page.locator(".tr-table tbody tr")).to_have_count(shown + 1)


def test_a_box_drawn_over_the_trend_zooms_into_it(signed_in, look: Look) -> None:
    page = signed_in(look)
    page.goto("/")
    page.goto(first_machine(page))
    over = page.locator(".tr-plot .u-over")
    expect(over).to_be_visible()
    box = over.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * 0.25, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    begin, end = asked_window(page)
    assert end - begin == pytest.approx(900_000, rel=0.1)


def test_the_list_is_searched_and_walked_by_keyboard(signed_in, look: Look) -> None:
    page = signed_in(look)
    page.goto("/signals")
    page.fill('.list-bar input[name="search"]', "temperature")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("search=temperature"))
    expect(page.locator("tr[data-row]").first).to_contain_text("temperature")
    check_access(page)
    check_fits(page)
    picture(page, "signals", look)
    page.locator("h1").click()
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("t")
    expect(page.locator("live-trend canvas")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/signals/\d+"))
    expect(page.locator(".big-value .lv-number")).not_to_have_text("–", timeout=FRESH_MS)
    check_access(page)
    check_fits(page)
    picture(page, "signal", look)


def test_the_status_page_tells_of_every_role(signed_in, look: Look) -> None:
    page = signed_in(look)
    page.goto("/system")
    for role in ("web", "edge", "history", "live", "jobs", "bus", "boot", "demo-plant"):
        row = page.locator(f'tr[data-role="{role}"]')
        expect(row.locator('.ls:is([state="running"], [state="warning"])')).to_be_visible(timeout=FRESH_MS)
    expect(page.locator('tr[data-role="bus"]')).to_contain_text(look.say("消息总线", "Message bus"))
    page.locator("details.fact-table summary").first.click()
    expect(page.get_by_text(look.say("历史库 · 记录滞后", "History · Recorder lag")).last).to_be_visible()
    with page.expect_response(lambda answer: answer.url.endswith("/system")):
        pass
    expect(page.locator("details.fact-table[open]")).to_have_count(1)
    check_access(page)
    check_fits(page)
    picture(page, "system", look)
