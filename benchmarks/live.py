"""Speed of the live feed: what 200 machine pages cost, and how smoothly one browser draws 2,000 values.

    python -m benchmarks.live [--seconds S] [--no-browser]

1. 200 sockets, each on a machine page of its own with 20 values at 1 Hz (4,000 signals in all): share of one core
   that the live process uses (aim: under 10 %).
2. 2,000 values at 2 Hz to one page in Chromium, all in view at once: frames a second, as a ratio to an empty page
   in the same run (aim: at least 50).
"""

import argparse
import asyncio
import json
import multiprocessing
import time
from multiprocessing.queues import Queue
from typing import Any

import numpy as np
import uvloop
from playwright.async_api import CDPSession, async_playwright
from websockets.asyncio.client import connect

from benchmarks.live_page import Front, value_page
from kandelia.base.clock import SystemClock
from kandelia.base.samples import decode, encode, make_batch
from kandelia.kernel.access.tickets import issue
from kandelia.surfaces.live.hub import Hub
from kandelia.surfaces.live.server import LiveServer
from kandelia.surfaces.live.states import StateBoard
from kandelia.surfaces.live.values import NewestValues

SECRET = b"benchmark-of-the-live-feed-only!"
CLOCK = SystemClock()
SOCKETS, VALUES_EACH = 200, 20
PAGE_VALUES, PAGE_HZ = 2_000, 2.0
BATCH_ROWS = 2_000
TICK_S = 0.25
WARM_S = 4.0
FRAMES = """(ms) => new Promise(done => { let frames = 0; const begin = performance.now();
  const next = now => { frames += 1;
    now - begin < ms ? requestAnimationFrame(next) : done(frames * 1000 / (now - begin)); };
  requestAnimationFrame(next); })"""
CHANGED = """async () => { const all = [...document.querySelectorAll('live-value')].filter(one => {
    const at = one.getBoundingClientRect();
    return at.top >= 0 && at.left >= 0 && at.bottom <= innerHeight && at.right <= innerWidth; });
  const before = all.map(one => one.textContent); await new Promise(done => setTimeout(done, 1200));
  return all.filter((one, n) => one.textContent !== before[n]).length; }"""


async def _feed(hub: Hub, signals: int, hertz: float) -> None:
    """Batches as they come from the bus: encoded, decoded, applied."""
    random = np.random.default_rng(7)
    while True:
        began = time.monotonic()
        for first in range(1, signals + 1, BATCH_ROWS):
            numbers = np.arange(first, min(first + BATCH_ROWS, signals + 1))
            times = np.full(len(numbers), CLOCK.now_ns())
            wire = encode(make_batch(numbers, times, value=random.random(len(numbers))))
            hub.values.apply(decode(wire), "bench", CLOCK.now_ns())
        await asyncio.sleep(max(0.0, 1 / hertz - (time.monotonic() - began)))


async def _serve(told: "Queue[float]", signals: int, hertz: float, seconds: float) -> None:
    hub = Hub(NewestValues(), StateBoard(), CLOCK)
    hub.values.track(dict.fromkeys(range(1, signals + 1), "bench"))
    listening = await LiveServer(hub, SECRET, CLOCK, 2_000).open(None)
    told.put(listening.sockets[0].getsockname()[1])
    feeding = asyncio.create_task(_feed(hub, signals, hertz))
    used = began = 0.0
    ends = time.monotonic() + WARM_S + seconds
    while time.monotonic() < ends:
        await asyncio.sleep(TICK_S)
        hub.tick()
        if not began and time.monotonic() > ends - seconds:
            used, began = time.process_time(), time.monotonic()
    told.put((time.process_time() - used) / (time.monotonic() - began))
    told.put(hub.values_sent)
    feeding.cancel()


def _process(told: "Queue[float]", signals: int, hertz: float, seconds: float) -> None:
    uvloop.run(_serve(told, signals, hertz, seconds))


def _start(signals: int, hertz: float, seconds: float) -> tuple[Any, "Queue[float]", int]:
    spawn = multiprocessing.get_context("spawn")
    told: Queue[float] = spawn.Queue()
    process = spawn.Process(target=_process, args=(told, signals, hertz, seconds))
    process.start()
    return process, told, int(told.get(timeout=30))


async def _machine_page(port: int, place: int) -> None:
    ticket = issue(SECRET, "bench", f"person:{place}", CLOCK.now_ns())
    first = 1 + place * VALUES_EACH
    async with connect(f"ws://127.0.0.1:{port}/live?ticket={ticket}", compression=None) as socket:
        await socket.send(json.dumps({"subscribe": list(range(first, first + VALUES_EACH)), "connections": True}))
        async for _ in socket:
            pass


async def many_sockets(seconds: float) -> float:
    """Share of one core that the live process used."""
    process, told, port = _start(SOCKETS * VALUES_EACH, 1.0, seconds)
    pages = [asyncio.create_task(_machine_page(port, place)) for place in range(SOCKETS)]
    share = await asyncio.to_thread(told.get, True, WARM_S + seconds + 30)
    sent = await asyncio.to_thread(told.get)
    process.join(10)
    for page in pages:
        page.cancel()
    print(f"live: {SOCKETS} sockets × {VALUES_EACH} values at 1 Hz: {share:.1%} of a core, {sent:,.0f} values sent")
    return share


async def _main_thread_s(session: CDPSession) -> float:
    """Processor time of the page's main thread so far: the same on a busy machine."""
    found = await session.send("Performance.getMetrics")
    return float(next(one["value"] for one in found["metrics"] if one["name"] == "TaskDuration"))


async def one_browser(seconds: float) -> tuple[float, float]:
    """Frames a second with the feed, and without it."""
    process, _, live_port = _start(PAGE_VALUES, PAGE_HZ, 3 * seconds + 20)
    front = Front(SECRET, live_port, {"/page": lambda _: ("text/html", value_page(PAGE_VALUES))})
    server = await front.open()
    port = server.sockets[0].getsockname()[1]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = await browser.new_page(viewport={"width": 1920, "height": 1080})
        await page.goto("about:blank")
        idle = await page.evaluate(FRAMES, seconds * 1000)
        await page.goto(f"http://127.0.0.1:{port}/page")
        await page.wait_for_selector('live-value[state="good"], live-value[state="out"]')
        session = await page.context.new_cdp_session(page)
        await session.send("Performance.enable", {"timeDomain": "threadTicks"})
        before_s = await _main_thread_s(session)
        frames = await page.evaluate(FRAMES, seconds * 1000)
        spent_ms = (await _main_thread_s(session) - before_s) * 1000 / (frames * seconds)
        changing = await page.evaluate(CHANGED)
        await browser.close()
    server.close()
    process.terminate()
    process.join(10)
    print(
        f"live: {PAGE_VALUES} values at {PAGE_HZ:g} Hz in one page: {frames:.1f} frames/s ({frames / idle:.2f} of idle)"
    )
    print(f"live: {spent_ms:.1f} ms of processor a frame in the page's main thread, of 16.7 at 60 frames/s")
    print(f"live: {changing} of them in view and changed as read 1.2 s apart")
    return frames, idle


async def main(seconds: float, browser: bool) -> None:
    """Run both and print the ratios."""
    await many_sockets(seconds)
    if browser:
        await one_browser(seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--no-browser", action="store_true")
    given = parser.parse_args()
    asyncio.run(main(given.seconds, not given.no_browser))
