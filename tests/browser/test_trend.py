"""Promise: in a trend one moves by pointer, wheel, touch and keys, compares, exports, and goes on after an outage."""

import csv
import io
import re
import signal
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from kandelia.boot.demo_history import MARK
from tests.browser.conftest import Look, picture
from tests.installation import Installation, until

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]
HISTORY_S = 240
OVEN = "/machines/sample/smt/smt1-oven"
DRAWN_MS = 30_000


@pytest.fixture
def oven(site: Installation, signed_in):
    """`oven(look, query)`: the oven's page with its trend drawn, once the plant's history is loaded."""

    def opened(look: Look, query: str = "last=1h") -> Page:
        until("the plant's history is loaded", (site.directory / "demo" / MARK).exists, HISTORY_S)
        page = signed_in(look)
        page.goto(f"{OVEN}?{query}")
        settled(page)
        return page

    return opened


def settled(page: Page) -> None:
    """Wait until what was asked for is drawn."""
    expect(page.locator("live-trend canvas")).to_be_visible(timeout=DRAWN_MS)
    expect(page.locator(".tr-stage:not([aria-busy])")).to_be_visible(timeout=DRAWN_MS)
    expect(page.locator(".tr-table td.tr-min").first).not_to_have_text("–", timeout=DRAWN_MS)


def window(page: Page) -> tuple[int, int]:
    """(from, to) in ms as they stand in the address."""
    page.wait_for_url(re.compile(r"from=\d+&to=\d+"))
    query = parse_qs(urlsplit(page.url).query)
    return int(query["from"][0]), int(query["to"][0])


def centre(page: Page) -> tuple[float, float]:
    """The middle of the plot."""
    box = page.locator(".tr-plot .u-over").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_the_window_is_moved_by_pointer_and_wheel_and_comes_back_to_live(oven) -> None:
    page = oven(Look())
    page.locator(".tr-stage").scroll_into_view_if_needed()
    x, y = centre(page)
    page.keyboard.down("Shift")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 300, y, steps=6)
    page.mouse.up()
    page.keyboard.up("Shift")
    begin, end = window(page)
    assert end - begin == pytest.approx(3_600_000, abs=5)
    expect(page.locator(".tr-live")).to_have_attribute("aria-pressed", "false")
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    page.wait_for_function("([a, b]) => !location.search.includes(`from=${a}&to=${b}`)", arg=[begin, end])
    nearer = window(page)
    assert nearer[1] - nearer[0] == pytest.approx(3_600_000 / 1.25, rel=0.02)
    page.locator(".tr-live").click()
    expect(page.locator(".tr-live")).to_have_attribute("aria-pressed", "true")


def test_the_cursor_tells_values_and_the_keys_move_it(oven, look: Look) -> None:
    page = oven(look)
    page.locator(".tr-stage").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowLeft")
    moment = page.locator(".tr-moment")
    expect(moment).not_to_contain_text(look.say("最新", "Newest"))
    before = moment.text_content()
    page.keyboard.press("ArrowRight")
    expect(moment).not_to_have_text(before or "")
    expect(page.locator(".tr-table td.tr-cursor").first).to_contain_text("°C")
    page.keyboard.press("Escape")
    expect(moment).to_contain_text(look.say("最新", "Newest"))


def test_the_export_is_what_is_shown(oven) -> None:
    page = oven(Look())
    page.locator(".tr-csv").focus()
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_text())))
    assert {row["signal"] for row in rows} == {
        f"sample.smt.smt1-oven.{key}" for key in ("zone-8-temperature", "conveyor-speed", "oxygen")
    }
    assert len(rows) > 1_000
    with page.expect_download() as waiting:
        page.locator(".tr-parquet").click()
    assert waiting.value.path().read_bytes()[:4] == b"PAR1"


def test_an_earlier_period_lies_under_it(oven, look: Look) -> None:
    page = oven(look)
    with page.expect_response(lambda answer: "/history/trend" in answer.url or "/raw" in answer.url):
        page.locator(".tr-compare").select_option("1d")
    page.wait_for_url(re.compile("compare=1d"))
    settled(page)
    assert page.evaluate("document.querySelector('live-trend').view.overlay instanceof Map")
    picture(page, "trend-compared", look)


def test_a_value_from_before_the_window_is_carried_in(oven) -> None:
    """The planned quantity changes with the order only, so a second's window seldom holds a sample of it."""
    page = oven(Look())
    number = page.evaluate(
        "fetch('/api/v1/signals?search=sample.smt.smt1-line.planned').then(a => a.json()).then(a => a.items[0].number)"
    )
    end = page.evaluate("Date.now()") - 7_200_000
    page.goto(f"/signals/{number}?signals={number}&from={end - 1000}&to={end}")
    settled(page)
    line = page.evaluate("[...document.querySelector('live-trend').view.tracks.values()][0].line")
    assert any(value is not None for value in line)


def test_a_finger_moves_the_window(oven) -> None:
    page = oven(Look("en", "light", "phone"))
    page.evaluate(
        """() => { const stage = document.querySelector('.tr-stage'); const at = (type, x) =>
        new PointerEvent(type, {pointerType: 'touch', clientX: x, clientY: 300, bubbles: true, cancelable: true});
        stage.dispatchEvent(at('pointerdown', 100)); dispatchEvent(at('pointermove', 200));
        dispatchEvent(at('pointerup', 200)); }"""
    )
    begin, end = window(page)
    assert end - begin == pytest.approx(3_600_000, abs=5)


@pytest.mark.fault
def test_it_tells_of_an_outage_and_goes_on_after_it(oven, site: Installation) -> None:
    page = oven(Look())
    page.route("**/api/v1/history/**", lambda route: route.fulfill(status=503, body='{"detail":"history is away"}'))
    page.locator(".tr-preset").nth(2).click()
    notice = page.locator('.tr-notice[data-kind="error"]')
    expect(notice).to_contain_text("history is away", timeout=DRAWN_MS)
    page.unroute("**/api/v1/history/**")
    old = site.kill("history", signal.SIGKILL)
    site.until_back("history", old)
    notice.get_by_role("button").click()
    expect(notice).to_be_hidden(timeout=60_000)
    settled(page)
