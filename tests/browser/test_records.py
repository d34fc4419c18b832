"""Promise: a question and a tender are made, found, stepped and published on screens drawn of their declarations."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import (
    Look,
    address_of,
    check_access,
    check_fits,
    picture,
    sign_in,
)
from tests.installation import Installation

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]
PASSWORD = "mangrove roots hold mud"
PEOPLE = {
    "firm": ("engineer", ()),
    "clerk": ("viewer", ("acceptance",)),
    "expert": ("viewer", ("expert",)),
}
PEOPLED = """
from kandelia.base.text import LocalText
from kandelia.kernel.access import facade
from kandelia.kernel.access.contracts import Role
facade.add_organisation("{name}", LocalText("示范工信局", "Demo bureau"))
facade.add_organisation("{name}-firm", LocalText("示例企业", "Example firm"), parent="{name}")
for person, (role, duties) in {people}.items():
    place = facade.system_viewer("{name}-firm" if person == "firm" else "{name}")
    named = {{"name": person, "language": "{language}", "must_change": False}}
    facade.add_person(place, f"{name}-{{person}}", "{password}", Role(role), **named)
    facade.set_duties(place, f"{name}-{{person}}", duties)
"""


@dataclass
class Town:
    """A bureau and a firm below it, with a person for each office; `page_of(name)` is where one is signed in."""

    name: str
    page_of: Callable[[str], Page]


@pytest.fixture
def town(site: Installation, open_as: Callable[[str, Look], Page]) -> Callable[[Look], Town]:
    def built(look: Look) -> Town:
        name = f"t{time.time_ns()}"
        site.python(PEOPLED.format(name=name, password=PASSWORD, people=PEOPLE, language=look.language))

        def page_of(person: str) -> Page:
            page = open_as(address_of(site), look)
            sign_in(page, f"{name}-{person}", PASSWORD)
            return page

        return Town(name, page_of)

    return built


def look_at(page: Page, name: str, look: Look) -> None:
    """Readable, nothing sticks out, and a picture for people."""
    check_access(page)
    check_fits(page)
    picture(page, f"records-{name}", look)


def test_a_question_is_asked_triaged_answered_and_closed(town: Callable[[Look], Town], look: Look) -> None:
    place = town(look)
    firm = place.page_of("firm")
    firm.goto("/records/question")
    expect(firm.locator(".empty")).to_contain_text(look.say("新建第一条", "Make the first"))
    look_at(firm, "empty", look)
    firm.keyboard.press("n")
    expect(firm.locator("#f-subject")).to_be_visible()
    firm.fill("#f-subject", look.say("五号产线如何接入标识解析", "How to join line five to the resolver"))
    firm.locator("#f-subject").press("Enter")
    expect(firm.locator("[data-wrong]")).to_be_focused()
    expect(firm.locator("[data-wrong] a")).to_have_attribute("href", "#f-text")
    look_at(firm, "form-refused", look)
    firm.fill("#f-text", look.say("现有 84 个测点，网关为 OPC UA。", "84 signals; the gateway speaks OPC UA."))
    firm.fill("#f-phone", "13800001234")
    firm.locator(".rf-end .button-main").click()
    expect(firm.locator(".head-status")).to_contain_text(look.say("已提出", "Opened"))
    expect(firm.locator(".rp-veil")).to_contain_text("138****1234")
    firm.locator(".rp-show").click()
    expect(firm.locator(".rp-veil")).to_contain_text("13800001234")
    expect(firm.locator(".rp-limits")).to_contain_text(look.say("还剩 5 个工作日", "5 working days left"))
    look_at(firm, "question", look)
    address = firm.url

    clerk = place.page_of("clerk")
    clerk.goto("/desk")
    look_at(clerk, "desk", look)
    clerk.get_by_role("link", name=look.say("五号产线", "line five")).click()
    clerk.locator(".head-actions").get_by_role("link", name=look.say("分派", "Triage"), exact=True).press("Enter")
    dialog = clerk.locator("dialog[open]")
    dialog.locator("#f-topic").select_option("network")
    dialog.locator("#f-basis").fill(look.say("办事指南第三条", "Service guide, article 3"))
    look_at(clerk, "step", look)
    dialog.locator(".button-main").click()
    expect(clerk.locator(".head-status")).to_contain_text(look.say("已分派", "Triaged"))
    expect(clerk.locator(".rp-events")).to_contain_text(look.say("办事指南第三条", "article 3"))

    expert = place.page_of("expert")
    expert.goto(address)
    expert.locator(".head-actions").get_by_role("link", name=look.say("答复", "Resolve"), exact=True).click()
    answer = expert.locator("dialog[open] #f-answer")
    answer.press("Tab")
    expert.locator("dialog[open] .button-main").click()
    expect(expert.locator("dialog[open] [data-wrong]")).to_be_focused()
    expert.locator("dialog[open] #f-answer").fill(look.say("按二级节点接入。", "Through the second-level node."))
    expert.locator("dialog[open] .button-main").click()
    expect(expert.locator(".head-status")).to_contain_text(look.say("已答复", "Resolved"))

    firm.goto(address)
    firm.locator(".head-actions").get_by_role("link", name=look.say("确认", "Confirm"), exact=True).click()
    firm.locator("dialog[open] .button-main").click()
    expect(firm.locator(".head-status")).to_contain_text(look.say("已关闭", "Closed"))
    look_at(firm, "question-closed", look)
    firm.keyboard.press("/")
    firm.keyboard.type(look.say("标识解析", "resolver"))
    expect(firm.get_by_role("option").filter(has_text=look.say("五号产线", "line five")).first).to_be_visible()


def test_tenders_are_found_stepped_together_and_published(
    town: Callable[[Look], Town], open_as: Callable[[str, Look], Page], site: Installation, look: Look
) -> None:
    place = town(look)
    page = place.page_of("firm")
    subjects = [f"{look.say('网关采购', 'Gateways for hall')} {place.name[-6:]} {n}" for n in range(3)]
    for n, subject in enumerate(subjects):
        page.goto("/records/tender/new")
        page.fill("#f-subject", subject)
        page.fill("#f-budget", "1250000")
        page.locator("#f-budget").blur()
        expect(page.locator("#f-budget")).to_have_value("1,250,000")
        if n == 0:  # a page that is left keeps what was typed
            expect(page.locator("[data-draft-state]")).not_to_be_empty()
            page.goto("/records/tender")
            page.goto("/records/tender/new")
            expect(page.locator("[data-draft-note]")).to_be_visible()
            expect(page.locator("#f-subject")).to_have_value(subject)
            look_at(page, "draft", look)
        page.locator(".rf-end .button-main").click()
        expect(page.locator("h1")).to_have_text(subject)
    page.goto("/records/tender?sort=title")
    expect(page.locator("tr[data-row]")).to_have_count(3)
    look_at(page, "list", look)
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator("[data-chosen]")).to_contain_text("2")
    page.select_option("#bulk-step", "publish")
    page.locator("[data-bulk-go]").click()
    expect(page.locator("[name=ids]")).to_have_count(2)
    look_at(page, "bulk", look)
    page.locator(".form-end .button-main").click()
    expect(page.locator("[data-result=done]")).to_have_count(2)
    look_at(page, "bulk-report", look)

    page.locator(".head-actions .button-main").click()
    page.locator(".rl-menu > summary").first.click()
    page.locator("input[name=state][value=open]").check()
    look_at(page, "filter", look)
    page.locator(".rl-filters .button-main").click()
    expect(page.locator("tr[data-row]")).to_have_count(2)
    expect(page.locator(".chip-filter")).to_have_count(1)
    page.locator(".rl-menu > summary").nth(2).click()
    page.fill("#view-name", look.say("投标中", "Taking offers"))
    page.locator(".rl-save .button").click()
    page.goto("/records/tender")
    page.locator(".rl-menu > summary").nth(2).click()
    page.locator(".rl-view a").click()
    expect(page.locator("tr[data-row]")).to_have_count(2)
    page.locator(".rl-menu > summary").nth(1).click()
    page.locator("input[name=column][value=winner]").uncheck()
    page.locator("input[name=column][value=created]").check()
    page.locator(".rl-menu:nth-of-type(2) .rl-panel-end button").click()
    expect(page.locator("thead")).to_contain_text(look.say("创建时间", "Made"))
    expect(page.locator("thead")).not_to_contain_text(look.say("中标方", "Winner"))
    page.locator(".rl-density").click()
    expect(page.locator("[data-density=dense]")).to_be_visible()
    look_at(page, "list-dense", look)
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator(".head-status")).to_contain_text(look.say("投标中", "Taking offers"))
    look_at(page, "tender", look)

    public = open_as(address_of(site), look)
    public.goto("/portal")
    look_at(public, "portal", look)
    public.fill("#po-search", place.name[-6:])
    public.locator("#po-search").press("Enter")
    expect(public.locator(".po-hits li")).to_have_count(2)
    public.locator(".po-hits a").first.click()
    expect(public.locator("h1")).to_contain_text(place.name[-6:])
    assert public.locator(".rail").count() == 0
    look_at(public, "portal-record", look)
    public.goto("/portal/tender")
    look_at(public, "portal-list", look)


def test_a_reference_is_found_by_keyboard(town: Callable[[Look], Town]) -> None:
    look = Look()
    page = town(look).page_of("firm")
    page.goto("/records/question/new")
    page.fill("#f-subject", "Which gateway")
    page.fill("#f-text", "For hall two")
    page.locator(".rf-end .button-main").click()
    expect(page.locator("h1")).to_have_text("Which gateway")
    page.goto("/records/tender/new")
    page.fill("#f-subject", "Gateways")
    page.fill("#f-budget", "10")
    page.locator("#f-question").focus()
    page.keyboard.type("gatew")
    option = page.locator("[data-combo] [role=option]")
    expect(option).to_have_count(1)
    check_access(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#f-question")).to_have_value("Which gateway")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Which gateway").click()
    expect(page.locator(".rp-related")).to_contain_text("Gateways")
    check_access(page)
