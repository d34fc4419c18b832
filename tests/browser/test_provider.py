"""Promise: people sign in by a provider of another maker, as far as the rule lets them in, and sign out of it again."""

import contextlib
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Look, check_access, picture
from tests.installation import START_S, Installation, print_logs, until
from tests.peers.node_oidc import oidc_peer
from tests.peers.ports import free_port

CLIENT, SECRET = "kandelia", "a secret of thirty-two letters, at least"
SETTINGS = """
roles = ["web"]
[oidc]
issuer = "{issuer}"
client_id = "{client}"
name = "Plant ID"
first = "add"
roles = ["plant-engineers = engineer"]
"""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where an installation answers whose people come by a provider."""
    port, directory = free_port(), tmp_path_factory.mktemp("provider") / "data"
    address = f"http://127.0.0.1:{port}"
    with oidc_peer(free_port(), CLIENT, SECRET, f"{address}/sign-in/provider/return", f"{address}/sign-in") as issuer:
        settings = SETTINGS.format(issuer=issuer, client=CLIENT)
        made = Installation(directory, port, settings=settings, environment={"KANDELIA_OIDC__CLIENT_SECRET": SECRET})
        try:
            made.start(wait=False)
            until("pages are served", lambda: httpx.get(f"{address}/healthz").status_code < 500, START_S)
            yield address
        except BaseException:
            print_logs(directory)
            raise
        finally:
            with contextlib.suppress(AssertionError):
                made.stop()


def go(page: Page, name: str) -> None:
    page.goto("/sign-in?next=/me")
    page.locator('a[href^="/sign-in/provider"]').click()
    if page.locator('input[name="login"]').count():
        page.fill('input[name="login"]', name)
        page.fill('input[name="password"]', "x")
        page.locator('button[type="submit"]').click()
    page.wait_for_load_state()
    if "/interaction/" in page.url:  # it asks for consent the first time
        page.locator('button[type="submit"]').click()


def leave(page: Page, look: Look) -> None:
    page.locator("details.menu-right summary").click()
    page.get_by_role("button", name=look.say("退出", "Sign out")).click()
    page.locator('a[href="/sign-in/provider/leave"]').click()
    page.locator('button[name="logout"]').click()
    page.wait_for_url("**/sign-in?*")


def test_people_come_by_the_provider(provider, open_as, look: Look) -> None:
    page = open_as(provider, look)
    page.goto("/sign-in")
    check_access(page)
    picture(page, "sign-in-provider", look)
    go(page, "subject-1")
    page.wait_for_url("**/me")
    expect(page.locator("main")).to_contain_text("ming")
    expect(page.locator(".head-status").first).to_contain_text(look.say("工程师", "Engineer"))
    check_access(page)
    picture(page, "profile-by-provider", look)
    leave(page, look)
    go(page, "subject-2")  # a visitor, whose groups have no role here
    expect(page.get_by_role("alert")).to_be_visible()
    assert page.request.get("/me", max_redirects=0).status == 302


def test_a_forged_return_opens_nothing(provider) -> None:
    with httpx.Client(base_url=provider) as client:
        away = client.get("/sign-in/provider")
        asked = httpx.URL(away.headers["Location"]).params
        assert asked["code_challenge_method"] == "S256" and asked["nonce"] and asked["response_type"] == "code"
        assert client.get(f"/sign-in/provider/return?code=x&state={asked['state']}").status_code == 503
        assert client.get("/sign-in/provider/return?code=x&state=forged").status_code == 503
        assert client.get("/sign-in/provider/return?error=access_denied&state=x").status_code == 503
        assert client.get("/me").status_code == 302
