"""What tests of screens share: a running installation, Chromium, signing in, axe-core, pictures.

A test that asks for `look` runs once in a language, theme and width that follow from its name; with
KANDELIA_SCREENS=all it runs in every combination.
"""

import os
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from kandelia.boot.words import ADMINISTRATOR
from tests.installation import Installation, installation

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PICTURES = ROOT / "reports" / "pictures"
CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = {"desk": (1366, 768), "wall": (1920, 1080), "phone": (390, 844)}
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
SERIOUS = ("serious", "critical")
WAIT_MS = 15_000
EXPECT_MS = 20_000  # a deadline, generous enough for a busy machine
expect.set_options(timeout=EXPECT_MS)
WITH_TYPES = {
    "KANDELIA_APPS": "tests.record_types.app:app",
    "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
}
OWN_PASSWORD = "staple battery of one's own"


@dataclass(frozen=True)
class Look:
    """How a screen is looked at."""

    language: str = "en"
    theme: str = "light"
    width: str = "desk"

    def __str__(self) -> str:
        return f"{self.language}-{self.theme}-{self.width}"

    def say(self, zh: str, en: str) -> str:
        """The words expected in this language."""
        return zh if self.language == "zh" else en


LOOKS = [Look(*parts) for parts in product(LOCALES, ("light", "dark"), WIDTHS)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "look" in metafunc.fixturenames:
        chosen = LOOKS
        if os.environ.get("KANDELIA_SCREENS") != "all":
            chosen = [LOOKS[zlib.crc32(metafunc.definition.nodeid.encode()) % len(LOOKS)]]
        metafunc.parametrize("look", chosen, ids=str)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of this folder in one worker: one installation serves them."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The one platform that every test of this folder looks at: demo plant, its last hours, the tests' record types."""
    directory = tmp_path_factory.mktemp("site") / "data"
    with installation(directory, demo=True, history=True, environment=WITH_TYPES) as started:
        yield started


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium; skipped with the reason where there is none."""
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no {CHROMIUM}: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_as(chromium: Browser) -> Iterator[Callable[[str, Look], Page]]:
    """`open_as(address, look)`: an empty page in a context of its own; a CSP breach or script error fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(address: str, look: Look) -> Page:
        width, height = WIDTHS[look.width]
        context = chromium.new_context(
            base_url=address,
            locale=LOCALES[look.language],
            color_scheme=look.theme,  # type: ignore[arg-type]
            viewport={"width": width, "height": height},
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if _is_breach(message.text) else None)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not complaints, complaints


def _is_breach(text: str) -> bool:
    return "Content Security Policy" in text or "Refused to" in text


def address_of(site: Installation) -> str:
    """Where an installation answers."""
    return f"http://127.0.0.1:{site.port}"


def sign_in(page: Page, name: str, password: str) -> None:
    """By the page, as a person does; returns on the page that follows."""
    page.goto("/sign-in")
    page.fill("#f-name", name)
    page.fill("#f-password", password)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_selector("main#content:not(.gate)")


@pytest.fixture
def signed_in(site: Installation, open_as: Callable[[str, Look], Page]) -> Callable[[Look], Page]:
    """`signed_in(look)`: a page on which the administrator is signed in."""

    def opened(look: Look) -> Page:
        page = open_as(address_of(site), look)
        sign_in(page, ADMINISTRATOR, site.password)
        if page.locator("html").get_attribute("lang") != look.say("zh-Hans", "en"):  # as an earlier test left it
            page.locator(f"button[name=language][value={look.language}]").first.click(force=True)
            page.wait_for_selector(f"html[lang={look.say('zh-Hans', 'en')}]")
        return page

    return opened


@pytest.fixture
def organisation(site: Installation, open_as: Callable[[str, Look], Page]) -> Callable[[Look], tuple[Page, str]]:
    """`organisation(look)`: a page on which the administrator of a fresh organisation is signed in, and its id."""

    def opened(look: Look) -> tuple[Page, str]:
        name, password = f"org-{time.time_ns()}", "correct horse battery"
        site.command("org", "add", name, "--zh", name, "--en", name)
        made = ("--role", "administrator", "--org", name, "--password-stdin")
        site.command("user", "add", f"{name}-admin", *made, stdin=password)
        page = open_as(address_of(site), look)
        sign_in(page, f"{name}-admin", password)
        if "/me/password" in page.url:
            take_own_password(page, password)
        return page, name

    return opened


def take_own_password(page: Page, given: str) -> None:
    """Replace a password that somebody else gave."""
    fields = page.locator('input[type="password"]')
    for place, text in enumerate((given, OWN_PASSWORD, OWN_PASSWORD)):
        if place < fields.count():
            fields.nth(place).fill(text)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.wait_for_selector("main#content:not(.gate)")


def check_access(page: Page) -> None:
    """axe-core finds no serious violation (WCAG 2.1 A and AA) on the page as it stands."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run make front")
    page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = page.evaluate("async () => (await axe.run(document)).violations")
    serious = [
        f"{one['id']}: {one['help']}: {[(node['target'], node['failureSummary']) for node in one['nodes'][:4]]}"
        for one in found
        if one["impact"] in SERIOUS
    ]
    assert not serious, "\n".join(serious)


def check_fits(page: Page) -> None:
    """Nothing sticks out sideways."""
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0, f"the page is {over} px wider than the window"


def picture(page: Page, name: str, look: Look) -> Path:
    """A screenshot under reports/pictures, for people to look at."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    file = PICTURES / f"{name}-{look}.png"
    page.screenshot(path=file)
    return file
