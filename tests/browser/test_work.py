"""Promise: from the inbox to the record, the step and the next; given, lent, spoken of, told; days and people kept."""

import re
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Look, address_of, check_access, check_fits, picture, sign_in, take_own_password
from tests.installation import Installation

pytestmark = [pytest.mark.timeout(400), pytest.mark.slow]
PASSWORD = "mangrove roots hold mud"
PEOPLE = {
    "firm": ("engineer", ()),
    "clerk": ("viewer", ("acceptance",)),
    "second": ("viewer", ("acceptance",)),
    "expert": ("viewer", ("expert",)),
    "chief": ("administrator", ()),
}


@pytest.fixture
def town(
    site: Installation, open_as: Callable[[str, Look], Page]
) -> Callable[[Look], tuple[str, Callable[[str], Page]]]:
    """A bureau and a firm below it: its name, and `page_of(person)` on which one is signed in."""

    def built(look: Look) -> tuple[str, Callable[[str], Page]]:
        name = f"w{time.time_ns()}"
        site.command("org", "add", name, "--zh", "示范工信局", "--en", "Demo bureau")
        site.command("org", "add", f"{name}-firm", "--zh", "示例企业", "--en", "Example firm", "--parent", name)

        def page_of(person: str) -> Page:
            role, duties = PEOPLE[person]
            place = f"{name}-firm" if person == "firm" else name
            office = [word for duty in duties for word in ("--duty", duty)]
            made = ("--role", role, "--org", place, "--language", look.language, "--password-stdin", *office)
            site.command("user", "add", f"{name}-{person}", *made, stdin=PASSWORD)
            page = open_as(address_of(site), look)
            sign_in(page, f"{name}-{person}", PASSWORD)
            take_own_password(page, PASSWORD)
            return page

        return name, page_of

    return built


def look_at(page: Page, name: str, look: Look) -> None:
    """Readable, nothing sticks out, and a picture for people."""
    check_access(page)
    check_fits(page)
    picture(page, f"work-{name}", look)


def ask(page: Page, subject: str) -> None:
    page.goto("/records/question/new")
    page.fill("#f-subject", subject)
    page.fill("#f-text", "IPv6, OPC UA")
    page.locator(".rf-end .button-main").click()
    page.wait_for_url(re.compile(r"/records/question/\d+$"))


def test_from_the_inbox_to_the_next(town, look: Look) -> None:
    name, page_of = town(look)
    clerk, second, firm = page_of("clerk"), page_of("second"), page_of("firm")
    clerk.goto("/inbox")
    expect(clerk.locator(".empty")).to_contain_text(look.say("没有待办事项", "Nothing waits for you"))
    look_at(clerk, "inbox-empty", look)
    ask(firm, look.say("五号产线如何接入标识解析", "How to join line five"))
    ask(firm, look.say("换线后重新接入", "Joining again after a move"))
    clerk.reload()
    expect(clerk.locator("[data-inbox-count]")).to_contain_text("2")
    expect(clerk.locator("[data-notice-count]")).to_contain_text("2")
    expect(clerk.locator(".wk-table tbody tr")).to_have_count(2)
    look_at(clerk, "inbox", look)
    clerk.locator(".wk-table tbody a").first.click()
    expect(clerk.locator(".wk-next")).to_contain_text(look.say("下一件待办", "Next in my inbox"))
    record = clerk.url
    clerk.get_by_role("link", name=look.say("分派", "Assign"), exact=True).last.click()
    clerk.select_option("#f-person", f"{name}-second")
    look_at(clerk, "assignment", look)
    clerk.locator("main .button-main").click()
    expect(clerk.locator("#wk-who + p")).to_contain_text(f"{name}-second")
    clerk.locator(".wk-next a").click()
    expect(clerk).not_to_have_url(record)
    clerk.get_by_role("link", name=look.say("分派", "Triage"), exact=True).first.click()
    clerk.locator("dialog[open] #f-topic").select_option("network")
    clerk.locator("dialog[open] .button-main").click()
    expect(clerk.locator(".head-status")).to_contain_text(look.say("已分派", "Triaged"))
    clerk.goto("/inbox")
    expect(clerk.locator(".empty")).to_be_visible()
    second.goto("/inbox?assigned=1")
    expect(second.locator(".wk-table tbody tr")).to_have_count(1)
    expect(second.locator(".wk-mark")).to_contain_text(look.say("已分派给我", "assigned"))


def test_words_with_a_mention_are_told_and_read(town, look: Look) -> None:
    name, page_of = town(look)
    firm, clerk, expert = page_of("firm"), page_of("clerk"), page_of("expert")
    ask(firm, look.say("如何接入", "How to join"))
    clerk.goto(firm.url)
    clerk.fill("#comments #f-text", look.say(f"请 @{name}-expert 先看看，谢谢。", f"@{name}-expert please look first."))
    clerk.locator("#comments [name=internal]").check()
    clerk.locator("#comments button").click()
    expect(clerk.locator(".wk-internal")).to_contain_text(look.say("内部", "internal"))
    look_at(clerk, "comments", look)
    clerk.locator("#comments").scroll_into_view_if_needed()
    picture(clerk, "work-comments-below", look)
    firm.reload()
    expect(firm.locator(".wk-internal")).to_have_count(0)
    expert.goto("/notices")
    row = expert.locator(".wk-list li").first
    expect(row).to_contain_text(look.say("提到您", "mentions you"))
    look_at(expert, "notices", look)
    row.locator("a").press("Enter")
    expect(expert.locator("h1")).to_contain_text(look.say("如何接入", "How to join"))
    expert.goto("/notices")
    expect(expert.locator(".head-status")).to_contain_text(look.say("全部已读", "all read"))
    expert.locator("input[name=email]").fill("nonsense@x")
    expert.locator(".wk-form .button-main").click()
    expect(expert.locator(".note-alarm")).to_contain_text(look.say("这不是邮箱地址", "no e-mail address"))
    expert.locator("input[name=email]").fill("expert@example.cn")
    expert.locator(".wk-form .button-main").click()
    expect(expert.locator(".note-success")).to_be_visible()


def test_duties_are_lent_and_the_deputy_acts(town, look: Look) -> None:
    name, page_of = town(look)
    firm, expert, clerk = page_of("firm"), page_of("expert"), page_of("clerk")
    ask(firm, look.say("如何接入", "How to join"))
    clerk.goto("/delegations")
    look_at(clerk, "delegations-empty", look)
    clerk.select_option("#f-deputy", f"{name}-expert")
    clerk.locator("#f-last_day").fill(clerk.locator("#f-first_day").input_value())
    clerk.locator("main .button-main").click()
    expect(clerk.locator(".plain-table")).to_contain_text(f"{name}-expert")
    look_at(clerk, "delegations", look)
    expert.goto("/inbox")
    expect(expert.locator(".wk-mark")).to_contain_text(look.say(f"代 {name}-clerk", f"for {name}-clerk"))
    look_at(expert, "inbox-deputy", look)
    expert.locator(".wk-table tbody a").first.click()
    expert.get_by_role("link", name=look.say("分派", "Triage"), exact=True).first.click()
    expert.locator("dialog[open] .button-main").click()
    expect(expert.locator(".rp-events")).to_contain_text(f"{name}-clerk")


def test_working_days_and_people(town, signed_in, look: Look) -> None:
    name, page_of = town(look)
    admin = signed_in(look)
    admin.goto("/calendar?year=2026")
    expect(admin.locator(".wk-month")).to_have_count(12)
    look_at(admin, "calendar", look)
    admin.locator('a[href="/calendar/2026-12-25"]').press("Enter")
    admin.locator("input[name=working][value=no]").check()
    admin.fill("#f-name", look.say("厂庆", "Founding day"))
    look_at(admin, "day", look)
    admin.locator("main .button-main").click()
    expect(admin.locator(".wk-specials")).to_contain_text(look.say("厂庆", "Founding day"))
    chief = page_of("chief")
    chief.goto("/people")
    chief.fill("#f-sign_in", f"{name}-new")
    chief.fill("#f-name", look.say("冯新", "Feng"))
    chief.locator("main input[value=leader]").check()
    chief.locator("main .button-main").click()
    expect(chief.locator("#secret")).to_be_visible()
    look_at(chief, "people", look)
    chief.get_by_role("link", name=look.say("冯新", "Feng"), exact=True).click()
    chief.locator("main input[value=finance]").check()
    look_at(chief, "person", look)
    chief.locator("main .button-main").click()
    expect(chief.locator("tr", has_text=f"{name}-new")).to_contain_text(look.say("财务", "Finance"))
