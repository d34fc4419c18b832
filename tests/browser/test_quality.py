"""Promise: what a source told badly or not at all is seen in the trend: hatched where bad, marked where uncertain."""

import time

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Look, picture
from tests.browser.test_weight import SHIFT_MAX, WATCH
from tests.installation import Installation, until

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]
OVEN = "/machines/sample/smt/smt1-oven"
CUT_S = 8
SEEN_MS = 90_000
UNCERTAIN, BAD = 0x4000, 0x8000
SPANS = """(kind) => [...document.querySelector('live-trend').view.tracks.values()][0]?.[kind]
  .filter(([from, to]) => to !== Infinity).map(([from, to]) => to - from) ?? []"""
# The share of pixels that are drawn on, in the part of the plot that shows [from, to] of the first signal.
INK = """([from, to]) => { const {plot} = document.querySelector('live-trend'); const {ctx, bbox} = plot;
  const x = plot.valToPos(from, 'x', true); const wide = Math.max(4, plot.valToPos(to, 'x', true) - x);
  const pixels = ctx.getImageData(x, bbox.top + 2, wide, bbox.height - 4).data;
  let drawn = 0; for (let i = 3; i < pixels.length; i += 4) drawn += pixels[i] > 0;
  return drawn / (pixels.length / 4); }"""

CURSOR = """t => { const {plot} = document.querySelector('live-trend');
  plot.setCursor({left: plot.valToPos(t, 'x'), top: 50}); }"""


def about_a_minute(page: Page, kind: str) -> bool:
    """As long in sum as the samples say, to a bucket or two."""
    spans = page.evaluate(SPANS, kind)
    assert abs(sum(spans) - 60_000) <= 6_000, f"{kind}: {spans}"
    return True


def drawn(page: Page) -> None:
    expect(page.locator("live-trend canvas")).to_be_visible()
    expect(page.locator(".tr-stage:not([aria-busy])")).to_be_visible()


def test_a_cut_network_is_hatched_over_the_time_it_lasted(site: Installation, signed_in, look: Look) -> None:
    page = signed_in(look)
    page.add_init_script(WATCH)
    number = page.evaluate(
        "fetch('/api/v1/signals?search=smt1-oven.zone-1-temperature').then(a => a.json()).then(a => a.items[0].number)"
    )
    page.goto(f"{OVEN}?signals={number}&last=15m")
    expect(page.locator('live-value[state="good"]').first).to_be_visible(timeout=SEEN_MS)
    site.fault("on", "network-cut")
    try:
        expect(page.locator("live-connection:visible, live-value[state=stale]").first).to_be_visible(timeout=SEEN_MS)
        time.sleep(CUT_S)
    finally:
        site.fault("off", "network-cut")
    expect(page.locator('live-value[state="good"]').first).to_be_visible(timeout=SEEN_MS)
    assert page.evaluate("window.shifted") <= SHIFT_MAX, page.evaluate("window.moved")  # what is said pushes nothing
    until("the gap is in the trend", lambda: any(ms > 1_000 * CUT_S for ms in page.evaluate(SPANS, "bad")), 60)
    page.reload()  # what was drawn live is what history tells
    drawn(page)
    until("the gap is in history", lambda: any(ms > 1_000 * CUT_S for ms in page.evaluate(SPANS, "bad")), 60)
    picture(page, "trend-gap", look)


def test_bad_and_uncertain_values_are_told_apart(site: Installation, signed_in, look: Look) -> None:
    machine, key = "sample/smt/smt1-oven", "by-hand"
    end = int(time.time() * 1000) // 60_000 * 60_000 - 600_000
    qualities = [0] * 60 + [UNCERTAIN] * 60 + [0] * 60 + [BAD] * 60 + [0] * 60
    times = [end - 1_000 * (len(qualities) - n) for n in range(len(qualities))]
    with site.client(site.token()) as program:
        name = {"zh": "人工读数", "en": "Read by hand"}
        made = program.post("/api/v1/signals", json={"machine": machine, "key": key, "name": name, "unit": "Cel"})
        number = made.json()["number"]
        values = [20 + n % 9 for n in range(len(times))]
        body = {"samples": [{"signal": number, "times": times, "values": values, "qualities": qualities}]}
        until("the samples are taken", lambda: program.post("/api/v1/samples", json=body).status_code == 202, 60)
        window = f"start={times[0]}&end={end}"
        raw = f"/api/v1/signals/{number}/raw?{window}"
        until("they are in history", lambda: len(program.get(raw).json()["t"]) == 300, 60)
    page = signed_in(look)
    page.goto(f"/signals/{number}?signals={number}&from={times[0]}&to={end}")
    drawn(page)
    until("bad is read", lambda: about_a_minute(page, "bad"), 30)
    assert about_a_minute(page, "uncertain"), page.evaluate(SPANS, "uncertain")
    good = page.evaluate(INK, [times[20], times[40]])
    assert page.evaluate(INK, [times[200], times[220]]) > good + 0.02, "the bad minute is not hatched"
    assert page.evaluate(INK, [times[80], times[100]]) > good, "the uncertain minute is not marked"
    page.locator(".tr-stage").scroll_into_view_if_needed()
    picture(page, "trend-quality", look)
    for place, word in ((90, look.say("不确定", "uncertain")), (210, look.say("坏值", "bad"))):
        page.evaluate(CURSOR, times[place])
        expect(page.locator(".tr-table td.tr-quality").first).to_have_text(word)
