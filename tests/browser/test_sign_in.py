"""Promise: a person signs in, finds their way and manages tokens by keyboard, in every language, theme and width."""

import httpx
import pytest
from playwright.sync_api import expect

from kandelia.boot.words import ADMINISTRATOR
from tests.browser.conftest import Look, address_of, check_access, check_fits, picture

pytestmark = pytest.mark.timeout(240)


def test_signs_in_by_keyboard(site, open_as, look: Look) -> None:
    page = open_as(address_of(site), look)
    page.goto("/me/tokens")
    expect(page.locator("h1")).to_have_text(look.say("登录", "Sign in"))
    assert page.locator("html").get_attribute("data-theme") == look.theme
    check_access(page)
    page.keyboard.type(ADMINISTRATOR)
    page.keyboard.press("Tab")
    page.keyboard.type("not-the-password")
    page.keyboard.press("Enter")
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(look.say("用户名或密码错误", "Name or password is wrong"))
    assert page.input_value("#f-name") == ADMINISTRATOR
    check_access(page)
    picture(page, "sign-in-refused", look)
    page.keyboard.type(site.password)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text(look.say("我的令牌", "My tokens"))


def test_makes_and_revokes_a_token(site, signed_in, look: Look) -> None:
    page = signed_in(look)
    page.goto("/me/tokens")
    name = f"screen {look}"
    page.fill("#f-name", name)
    page.keyboard.press("Enter")
    secret = page.locator("#secret").text_content()
    assert secret.startswith("kdl_")
    check_access(page)
    check_fits(page)
    picture(page, "token-made", look)
    headers = {"Authorization": f"Bearer {secret}"}
    assert httpx.get(address_of(site) + "/api/v1/me", headers=headers).status_code == 200
    page.goto("/me/tokens")
    assert secret not in page.content()
    row = page.locator("tr", has_text=name)
    row.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".note-success")).to_be_visible()
    assert httpx.get(address_of(site) + "/api/v1/me", headers=headers).status_code == 401


@pytest.mark.parametrize("path", ["/me", "/me/code", "/me/password", "/me/tokens", "/search?q=a", "/no-such-page"])
def test_pages_of_the_frame_are_readable(signed_in, look: Look, path: str) -> None:
    page = signed_in(look)
    page.goto(path)
    check_access(page)
    check_fits(page)
    picture(page, path.strip("/").replace("/", "-").partition("?")[0], look)


def test_search_box_by_keyboard(signed_in) -> None:
    look = Look("en")
    page = signed_in(look)
    page.goto("/me")
    page.keyboard.press("/")
    page.keyboard.type("overv")
    option = page.get_by_role("option").first
    expect(option).to_contain_text("Overview")
    check_access(page)
    page.keyboard.press("ArrowDown")
    assert option.get_attribute("aria-selected") == "true"
    page.keyboard.press("Enter")
    page.wait_for_url("**/")
    page.keyboard.press("Control+k")
    assert page.evaluate("document.activeElement.id") == "find"


def test_theme_and_language_stay(signed_in) -> None:
    page = signed_in(Look("en", "light"))
    page.goto("/me")
    page.locator("[data-themes] button[value=dark]").click()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.wait_for_load_state("networkidle")
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.locator("button[name=language][value=zh]").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.goto("/me/tokens")
    expect(page.locator("h1")).to_have_text("我的令牌")
    page.locator("button[name=language][value=en]").first.click()
    page.locator("[data-themes] button[value=system]").click()
    page.wait_for_load_state("networkidle")


def test_rail_folds_and_opens_as_a_drawer(signed_in) -> None:
    page = signed_in(Look("en", "light", "desk"))
    page.goto("/me")
    page.locator("[data-rail-toggle]").click()
    page.reload()
    assert page.locator("html").get_attribute("data-rail") == "icons"
    assert page.locator(".rail").bounding_box()["width"] < 60
    page.set_viewport_size({"width": 390, "height": 844})
    expect(page.locator(".rail")).not_to_be_visible()
    page.locator("[data-drawer-toggle]").press("Enter")
    expect(page.locator(".rail a").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".rail")).not_to_be_visible()
