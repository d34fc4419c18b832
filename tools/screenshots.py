"""Writes the pictures of README and docs from the running platform: python -m tools.screenshots.

An installation of its own with the demo plant and its last hours is started in a temporary directory, looked at in
both languages and themes, and stopped again, so that the pictures are never older than the screens.
"""

import struct
import sys
import tempfile
import time
import zlib
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from kandelia.boot.demo_history import MARK
from kandelia.boot.words import ADMINISTRATOR
from tests.browser.conftest import ARGUMENTS, CHROMIUM, LOCALES, sign_in
from tests.installation import Installation, until

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
MACHINE = "/machines/sample/smt/smt1-oven?last=1h"
SCREENS = {
    "overview": "/",
    "machine": MACHINE,
    "signals": "/signals?search=oven",
    "explore": "/explore",
    "limits": "/limits",
    "connections": "/connections",
    "connection-new": "/connections/new",
    "events": "/events",
    "system": "/system",
}
WANTED = (  # (screen, language, theme)
    ("overview", "en", "light"),
    ("overview", "zh", "light"),
    ("machine", "en", "light"),
    ("machine", "zh", "dark"),
    ("signals", "en", "light"),
    ("explore", "zh", "light"),
    ("limits", "zh", "dark"),
    ("connections", "en", "light"),
    ("connection-new", "zh", "light"),
    ("events", "en", "dark"),
    ("system", "zh", "dark"),
    ("sign-in", "en", "light"),
)
DRAWN = 'live-value[state="good"], .role-table, .plain-table, main form, main article'
SIZE = {"width": 1366, "height": 768}
HISTORY_S = 300.0
SETTLE_S = 4.0  # until sparklines and trends are drawn
LAG_S_MAX = 1.0
COLOURS_MAX = 256
PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def main() -> int:
    """Start, look, stop."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="kandelia-pictures-") as directory:
        site = Installation(Path(directory), demo=True, history=True)
        try:
            site.start()
            until("the plant's history is loaded", (site.directory / "demo" / MARK).exists, HISTORY_S)
            until("history holds it", lambda: caught_up(site), HISTORY_S)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
                for screen, language, theme in WANTED:
                    take(browser, site, screen, language, theme)
                browser.close()
        finally:
            site.stop()
    total = sum(file.stat().st_size for file in PICTURES.glob("*.png"))
    print(f"{len(WANTED)} pictures, {total / 1e6:.2f} MB in {PICTURES}")
    return 0


def caught_up(site: Installation) -> bool:
    """True once the recorder is behind by no more than live values are."""
    with site.client(site.token("viewer")) as client:
        time.sleep(SETTLE_S)
        lag = client.get("/api/v1/plant/recorder").json()["recorder_lag_s"]
    return lag is not None and lag < LAG_S_MAX


def take(browser: Browser, site: Installation, screen: str, language: str, theme: str) -> None:
    """One picture, in a browser that nobody has used before."""
    context = browser.new_context(
        base_url=f"http://127.0.0.1:{site.port}",
        locale=LOCALES[language],
        color_scheme=theme,  # type: ignore[arg-type]
        viewport=SIZE,  # type: ignore[arg-type]
    )
    page = context.new_page()
    show(page, site, screen)
    file = PICTURES / f"{screen}-{language}-{theme}.png"
    file.write_bytes(smaller(page.screenshot()))
    context.close()
    print(f"{file.name}: {file.stat().st_size / 1e3:.0f} kB")


def show(page: Page, site: Installation, screen: str) -> None:
    """Go to the screen and wait until it is drawn."""
    if screen == "sign-in":
        page.goto("/sign-in")
        return
    sign_in(page, ADMINISTRATOR, site.password)
    page.goto(SCREENS[screen])
    page.wait_for_selector(DRAWN)
    time.sleep(SETTLE_S)


def smaller(png: bytes) -> bytes:
    """The same picture with a palette of its most frequent colours; screens have few others."""
    pixels = decoded(png)
    packed = (pixels[..., 0].astype(np.uint32) << 16) | (pixels[..., 1].astype(np.uint32) << 8) | pixels[..., 2]
    found, place, count = np.unique(packed, return_inverse=True, return_counts=True)
    kept = np.argsort(-count)[:COLOURS_MAX]
    palette = np.stack([(found >> shift) & 255 for shift in (16, 8, 0)], axis=1).astype(np.int32)
    nearest = np.empty(len(found), np.uint8)
    for first in range(0, len(found), 4_096):
        part = palette[first : first + 4_096, None, :] - palette[kept][None]
        nearest[first : first + 4_096] = (part**2).sum(axis=2).argmin(axis=1)
    indexed = nearest[place.reshape(packed.shape)]
    rows = np.zeros((indexed.shape[0], indexed.shape[1] + 1), np.uint8)
    rows[:, 1:] = indexed
    head = struct.pack(">IIBBBBB", indexed.shape[1], indexed.shape[0], 8, 3, 0, 0, 0)
    colours = palette[kept].astype(np.uint8).tobytes()
    parts = ((b"IHDR", head), (b"PLTE", colours), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return PNG_HEAD + b"".join(chunk(kind, data) for kind, data in parts)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG chunk (ISO/IEC 15948, 5.3)."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def decoded(png: bytes) -> np.ndarray:
    """Height × width × 3 of an 8-bit RGB or RGBA PNG without interlace, as Chromium writes them."""
    place, data, head = len(PNG_HEAD), b"", b""
    while place < len(png):
        (length,) = struct.unpack_from(">I", png, place)
        kind, body = png[place + 4 : place + 8], png[place + 8 : place + 8 + length]
        head = body if kind == b"IHDR" else head
        data += body if kind == b"IDAT" else b""
        place += length + 12
    width, height, _, colour = struct.unpack(">IIBB", head[:10])
    channels = 4 if colour == 6 else 3
    lines = np.frombuffer(zlib.decompress(data), np.uint8).reshape(height, 1 + width * channels)
    return unfiltered(lines, channels).reshape(height, width, channels)[..., :3]


def unfiltered(lines: np.ndarray, channels: int) -> np.ndarray:
    """Rows without their filters (ISO/IEC 15948, clause 9)."""
    above = np.zeros(lines.shape[1] - 1, np.uint8)
    rows = np.empty((lines.shape[0], lines.shape[1] - 1), np.uint8)
    for place, line in enumerate(lines):
        above = rows[place] = _unfiltered(int(line[0]), line[1:], above, channels)
    return rows


def _unfiltered(kind: int, line: np.ndarray, above: np.ndarray, channels: int) -> np.ndarray:
    if kind == 0:
        return line
    if kind == 1:
        return np.add.accumulate(line.reshape(-1, channels), axis=0, dtype=np.uint8).reshape(-1)
    if kind == 2:
        return line + above
    return _by_pixel(kind, line.tolist(), above.tolist(), channels)


def _by_pixel(kind: int, line: list[int], above: list[int], channels: int) -> np.ndarray:
    """Filters that need the pixel to the left: average (3) and Paeth (4)."""
    for i, value in enumerate(line):
        left = line[i - channels] if i >= channels else 0
        corner = above[i - channels] if i >= channels else 0
        guess = (left + above[i]) // 2 if kind == 3 else _paeth(left, above[i], corner)
        line[i] = (value + guess) & 255
    return np.array(line, np.uint8)


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((abs(guess - left), 0, left), (abs(guess - above), 1, above), (abs(guess - corner), 2, corner))[2]


if __name__ == "__main__":
    sys.exit(main())
