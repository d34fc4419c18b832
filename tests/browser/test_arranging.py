"""Promise: one walks the plant as a tree, compares what one picks, and arranges, saves and hangs up a dashboard."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Look, check_access, check_fits, picture

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]
FRESH_MS = 30_000
TEMPERATURE = "oven zone-1-temperature"


def choose(finder: Locator, words: str) -> None:
    """Type into a search for signals and take the first hit."""
    field = finder.locator("input")
    field.fill(words)
    expect(finder.locator(".finder-hits [data-number]").first).to_be_visible()
    field.press("Enter")
    expect(field).to_have_value("")


def take_over(page: Page) -> None:
    page.locator('dialog[open] button[value="take"]').click()
    expect(page.locator("dialog[open]")).to_have_count(0)


def make(page: Page, look: Look) -> None:
    """A new dashboard of one's own, open for arranging."""
    page.goto("/dashboards")
    page.fill("#f-name", look.say("炉区班组看板", "Furnace shift"))
    page.locator("main form.form button[type=submit]").click()
    page.wait_for_url(re.compile(r"/dashboards/\w+\?edit=1"))
    expect(page.locator(".board[data-editing]")).to_have_count(1)


def fill(page: Page, look: Look) -> None:
    """A tile of each kind."""
    page.locator('[data-add="trend"]').click()
    choose(page.locator("dialog[open] signal-finder"), TEMPERATURE)
    choose(page.locator("dialog[open] signal-finder"), "oven conveyor-speed")
    expect(page.locator("[data-chosen] li")).to_have_count(2)
    check_access(page)
    take_over(page)
    expect(page.locator('.tile[data-kind="trend"] canvas')).to_be_visible(timeout=FRESH_MS)
    page.locator('[data-add="value"]').click()
    choose(page.locator("dialog[open] signal-finder"), TEMPERATURE)
    take_over(page)
    page.locator('[data-add="card"]').click()
    page.locator("#tile-machine").select_option("sample/smt/smt1-oven")
    take_over(page)
    page.locator('[data-add="table"]').click()
    for words in (TEMPERATURE, "oven oxygen", "oven zone-8-temperature"):
        choose(page.locator("dialog[open] signal-finder"), words)
    page.fill("#tile-title", look.say("温度与氧", "Heat and oxygen"))
    take_over(page)
    page.locator('[data-add="text"]').click()
    page.fill("#tile-text", look.say("# 交接班\n- 检查氧含量", "# Hand-over\n- look at the oxygen"))
    take_over(page)
    expect(page.locator(".tile")).to_have_count(5)


def place_of(tile: Locator) -> tuple[int, ...]:
    return tuple(int(tile.get_attribute(f"data-{name}") or -1) for name in "xywh")


def test_a_dashboard_is_arranged_saved_hung_up_and_removed(signed_in, look: Look) -> None:
    page = signed_in(look)
    make(page, look)
    address = page.url.split("?")[0]
    fill(page, look)
    text = page.locator('.tile[data-kind="text"]')
    x, y, w, h = place_of(text)
    text.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    assert place_of(text) == (x, y + 1, w, h + 1)
    page.reload()  # what was not saved is back
    expect(page.locator(".tile")).to_have_count(5)
    expect(page.locator("[data-board-note]")).to_contain_text(look.say("恢复", "are back"))
    assert place_of(text) == (x, y + 1, w, h + 1)
    page.locator("[data-board-save]").click()
    expect(page.locator("[data-board-note]")).to_have_text(look.say("已保存", "Saved"))
    page.goto(address)
    expect(page.locator('.tile[data-kind="value"] .lv-number')).not_to_have_text("–", timeout=FRESH_MS)
    expect(page.locator('.tile[data-kind="card"] .ls[state]:not([state="none"])')).to_be_visible(timeout=FRESH_MS)
    assert place_of(text) == (x, y + 1, w, h + 1)
    expect(page.locator('.tile[data-kind="text"] h3')).to_be_visible()
    page.locator('[data-board-window][value="8h"]').click()
    assert "last=8h" in page.url
    check_access(page)
    check_fits(page)
    picture(page, "dashboard", look)
    page.goto(f"{address}?kiosk=1")
    expect(page.locator("nav.rail")).to_have_count(0)
    expect(page.locator('.tile[data-kind="trend"] canvas')).to_be_visible(timeout=FRESH_MS)
    expect(page.locator("[data-kiosk-clock]")).to_have_text(re.compile(r"\d\d:\d\d"))
    check_access(page)
    check_fits(page)
    picture(page, "kiosk", look)
    page.keyboard.press("Escape")
    page.wait_for_url(address)
    page.locator("details.menu-right > summary.button").click()
    page.locator("details.confirm > summary").click()
    page.locator(".confirm-box .button-alarm").click()
    page.wait_for_url(re.compile(r"/dashboards$"))
    check_access(page)
    check_fits(page)
    picture(page, "dashboards", look)


def test_a_tile_is_dragged_and_sized_by_pointer(signed_in) -> None:
    page = signed_in(Look())
    make(page, Look())
    for words in ("First", "Second"):
        page.locator('[data-add="text"]').click()
        page.fill("#tile-text", words)
        take_over(page)
    first, second = page.locator(".tile").nth(0), page.locator(".tile").nth(1)
    assert place_of(first) == (0, 0, 4, 2)
    box, other = first.bounding_box(), second.bounding_box()
    assert box and other
    page.mouse.move(box["x"] + 20, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(other["x"] + 20, other["y"] + 20, steps=8)
    page.mouse.up()
    assert place_of(first) == (4, 0, 4, 2)
    assert place_of(second) == (4, 2, 4, 2)
    box = first.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] - 4)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 1.5, box["y"] + box["height"] - 4, steps=8)
    page.mouse.up()
    assert place_of(first) == (4, 0, 6, 2)
    page.keyboard.press("Control+s")
    expect(page.locator("[data-board-note]")).to_have_text("Saved")


def test_who_saves_over_another_is_asked(signed_in) -> None:
    page = signed_in(Look())
    make(page, Look())
    page.locator('[data-add="text"]').click()
    page.fill("#tile-text", "mine")
    take_over(page)
    page.evaluate(
        """async () => { const head = JSON.parse(document.getElementById('dashboard-head').textContent);
        const address = `/api/v1/plant/dashboards/${head.id}`;
        const csrf = document.querySelector('meta[name="csrf-token"]').content;
        const tile = {kind: 'text', x: 0, y: 0, w: 2, h: 2, text: 'theirs'};
        const body = {name: {en: 'Theirs'}, body: {schema: 1, tiles: [tile]}, revision: 1};
        const headers = {'X-CSRFToken': csrf, 'Content-Type': 'application/json'};
        const answer = await fetch(address, {method: 'PUT', headers, body: JSON.stringify(body)});
        if (!answer.ok) throw new Error(await answer.text()); }"""
    )
    page.locator("[data-board-save]").click()
    note = page.locator("[data-board-note]")
    expect(note).to_contain_text("meanwhile")
    note.get_by_role("button", name="Save mine over theirs").click()
    expect(note).to_have_text("Saved")
    page.reload()
    expect(page.locator(".tile-text")).to_have_text(re.compile("mine"))


def test_any_signals_are_compared_saved_and_found_again(signed_in, look: Look) -> None:
    page = signed_in(look)
    page.goto("/compare")
    choose(page.locator("signal-finder"), TEMPERATURE)
    choose(page.locator("signal-finder"), "compressor pressure")
    expect(page.locator(".tr-table tbody tr")).to_have_count(2)
    expect(page.locator("live-trend canvas")).to_be_visible(timeout=FRESH_MS)
    page.locator("[data-own-axes]").check()
    page.wait_for_url(re.compile("signals=\\d+,\\d+.*axes=own"))
    axes = "document.querySelector('live-trend').plot.axes.length"
    assert page.evaluate(axes) == 3
    check_access(page)
    check_fits(page)
    picture(page, "compare", look)
    name = look.say(f"炉与空压 {look}", f"Oven and air {look}")
    page.fill("#save-name", name)
    page.locator("[data-save-comparison] button[type=submit]").click()
    saved = page.locator(".sheets a", has_text=name)
    expect(saved).to_be_visible()
    page.goto("/compare")
    saved.click()
    page.wait_for_url(re.compile("signals=\\d+,\\d+.*axes=own"))
    expect(page.locator(".tr-table tbody tr")).to_have_count(2)
    page.locator(".sheets li", has_text=name).locator("[data-forget]").click()
    expect(saved).to_have_count(0)


def test_the_plant_is_walked_as_a_tree_and_picked_from(signed_in, look: Look) -> None:
    page = signed_in(look)
    page.goto("/explore")
    tree = page.locator("[data-tree]")
    tree.locator('a[href*="at=sample/smt"]').first.click()
    page.wait_for_url(re.compile("at=sample/smt"))
    oven = tree.locator('a[href*="at=sample/smt/smt1-oven"]').first
    oven.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("at=sample/smt/smt1-oven"))
    expect(page.locator(".row-id", has_text="smt1-oven").first).to_be_visible()
    expect(page.locator("live-value[state=good] .lv-number").first).to_be_visible(timeout=FRESH_MS)
    last = page.locator("tr[data-row] live-value").last
    last.scroll_into_view_if_needed()  # what comes into view is written then
    expect(last).to_have_attribute("state", re.compile("good|stale|out|uncertain"), timeout=FRESH_MS)
    page.fill('.list-bar input[name="search"]', "zone-1-temperature")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("search=zone-1"))
    page.locator("[data-pick]").first.click()
    expect(page.locator("[data-basket]")).to_be_visible()
    check_access(page)
    check_fits(page)
    picture(page, "explorer", look)
    page.locator("[data-basket-go]").click()
    page.wait_for_url(re.compile(r"/compare\?signals=\d+"))
    expect(page.locator(".tr-table tbody tr")).to_have_count(1)


def test_the_audit_is_filtered_and_its_chain_checked(signed_in, look: Look) -> None:
    page = signed_in(look)
    page.goto("/audit")
    expect(page.locator("tr[data-audit]").first).to_be_visible()
    expect(page.locator(".head-status")).to_contain_text(look.say("均完好", "every row here holds"))
    page.fill('input[name="action"]', "sign-in")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("action=sign-in"))
    page.locator(".head-actions button").click()
    expect(page.locator("#chain .note-success")).to_be_visible()
    check_access(page)
    check_fits(page)
    picture(page, "audit", look)
