"""Promise: anybody finds a measure, computes a case and sees what binds it, what it needs and why, in every look."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Look, address_of, check_access, check_fits, picture
from tests.installation import Installation

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]


@pytest.fixture
def visitor(site: Installation, open_as: Callable[[str, Look], Page]) -> Callable[[Look], Page]:
    """A page of somebody without an account."""
    return lambda look: open_as(address_of(site), look)


def test_the_list_leads_to_every_line(visitor, look: Look) -> None:
    page = visitor(look)
    page.goto("/measures")
    expect(page.locator(".ms-entry a.ms-title")).to_have_count(20)
    expect(page.locator(".ms-entry")).to_have_count(31)
    expect(page.locator("#M1a .ms-gives")).to_contain_text(look.say("3,000万元", "¥30,000,000"))
    check_access(page)
    check_fits(page)
    picture(page, "measures", look)
    page.locator("#M5 a").click()
    page.wait_for_url(re.compile("/measures/M5$"))
    expect(page.locator("h1")).to_contain_text(look.say("解决方案应用奖励", "Reward for applying a solution"))


def test_a_case_is_computed_by_keyboard(visitor, look: Look) -> None:
    page = visitor(look)
    page.goto("/measures/M5")
    check_access(page)
    page.locator("#f-service_fee").focus()
    page.keyboard.type("3000000")
    page.locator("#f-earlier_awards").focus()
    page.keyboard.type("500000\n1200000")
    page.locator("#f-customer_local").focus()
    page.keyboard.press("Space")
    page.locator("#f-service_fee").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".ms-figure")).to_have_attribute("data-bound", "300000")
    expect(page.locator(".ms-figure")).to_have_text(look.say("30万元", "¥300,000"))
    expect(page.locator(".ms-trace [data-binding]")).to_contain_text("¥2,000,000")
    expect(page.locator('[data-answer="met"]')).to_have_count(2)
    expect(page.locator('[data-answer="cannot_tell"]')).to_have_count(3)
    expect(page.locator("#f-service_fee")).to_have_value("3000000")
    page.locator(".ms-summary").last.click()
    expect(page.locator(".ms-open")).to_contain_text("A18")
    check_access(page)
    check_fits(page)
    picture(page, "measure", look)


def test_a_mistake_is_listed_with_a_link_and_nothing_is_lost(visitor, look: Look) -> None:
    page = visitor(look)
    page.goto("/measures/M14a")
    page.fill("#f-total_investment", "lots")
    page.fill("#f-national_funding", "2000000")
    page.locator("button.button-main").click()
    link = page.locator(".note-alarm a")
    expect(link).to_contain_text(look.say("这不是金额", "This is not an amount"))
    check_access(page)
    check_fits(page)
    link.click()
    page.fill("#f-total_investment", "10000000")
    page.fill("#f-provincial_funding", "1000000")
    page.locator("button.button-main").click()
    expect(page.locator(".ms-figure")).to_have_attribute("data-bound", "2000000")
    page.locator(".ms-more summary").click()
    page.select_option('[name="assumptions.A10.upper"]', "provincial")
    page.locator("button.button-main").click()
    expect(page.locator(".ms-figure")).to_have_attribute("data-bound", "1000000")
    expect(page.locator(".ms-more")).to_have_attribute("open", "")
