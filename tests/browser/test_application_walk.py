"""Promise: an application goes from the eligibility page to payment and evaluation through eight people's hands, with a
return, an objection and conflicts refused on the way."""

import re
import sqlite3
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Look, address_of, check_access, check_fits, picture, sign_in, take_own_password
from tests.installation import Installation, until

pytestmark = [pytest.mark.timeout(600), pytest.mark.slow]
ZH = Look("zh")
PAST = "2026-01-01 00:00:00"
CLOCK_S = 130.0  # the clock strikes each minute
FORMS = "form.rp-step"


class Walk:
    """The people, each with a page of their own, and the application they hand on."""

    def __init__(self, site: Installation, open_as: Callable[[str, Look], Page]) -> None:
        self.site, self.open_as = site, open_as
        self.pages: dict[str, Page] = {}
        self.record = ""
        site.command("demo", "bureau", "--firms", "3", "--applications", "0")
        told = (site.directory / "demonstration-people.txt").read_text(encoding="utf-8")
        self.password = told.splitlines()[0].partition(" ")[2]
        made = ("--role", "operator", "--org", "demo-0002", "--language", "zh", "--password-stdin")
        self.rival = f"rival-{time.time_ns()}"
        site.command("user", "add", self.rival, *made, stdin=self.password)

    def person(self, name: str) -> Page:
        """Where somebody of the demonstration is signed in."""
        if name not in self.pages:
            page = self.open_as(address_of(self.site), ZH)
            sign_in(page, name, self.password)
            self.pages[name] = page
        return self.pages[name]

    def step(self, who: str, name: str, reason: str = "", **given: str) -> Page:
        """Somebody takes a step of the application by its form."""
        page = self.person(who)
        page.goto(f"{self.record}/steps/{name}")
        for field, text in given.items():
            page.locator(f"{FORMS} #f-{field}").fill(text)
        if reason:
            page.locator(f"{FORMS} #f-reason").fill(reason)
        page.locator(f"{FORMS} button").last.click()
        return page

    def stands(self, page: Page, state: str) -> None:
        """The application is in a state now."""
        expect(page.locator(".head-status")).to_contain_text(state)

    def sql(self, statement: str, *values: Any) -> list[Any]:
        """On the records, as time itself would."""
        with sqlite3.connect(self.site.directory / "records" / "records.sqlite3", timeout=30) as records:
            return records.execute(statement, values).fetchall()

    def over(self, name: str) -> None:
        """A limit of the application is past."""
        id = int(self.record.rpartition("/")[2])
        self.sql("UPDATE records_timer SET due_at = ? WHERE entry_id = ? AND name = ?", PAST, id, name)
        self.sql("UPDATE jobs_job SET due_at = ? WHERE name = 'records-clock' AND state = 'waiting'", PAST)


@pytest.fixture
def walk(site: Installation, open_as: Callable[[str, Look], Page]) -> Walk:
    return Walk(site, open_as)


def look_at(page: Page, name: str) -> None:
    check_access(page)
    check_fits(page)
    picture(page, f"applications-{name}", ZH)


def test_the_whole_walk(walk: Walk) -> None:
    hand_in(walk)
    accept(walk)
    review(walk)
    audit_and_notice(walk)
    decide_and_pay(walk)
    evaluate(walk)


def hand_in(walk: Walk) -> None:
    """The firm sees what it may ask for, fills in the call's form and hands it in."""
    firm = walk.person("demo-applicant")
    firm.goto("/measures/eligibility")
    firm.locator("details.ms-case", has_text="M10").locator("summary").click()
    firm.check('input[name=have][value="M10"]')
    firm.fill('input[name="M10:actual_total_input"]', "4000000")
    firm.locator("form.ms-form button[type=submit]").click()
    expect(firm.locator("#offer-M10")).to_contain_text("120")
    firm.goto("/portal/call")
    firm.get_by_role("link", name=re.compile("工业互联网应用项目")).first.click()
    call = firm.url.rpartition("/")[2]
    firm.goto(f"/records/application/new?call={call}")
    firm.fill("#f-project", "演示车间联网改造")
    firm.fill("#f-asked", "1000000")
    firm.fill("#f-cost_items-items-0-name", "网关")
    firm.fill("#f-cost_items-items-0-amount", "4000000")
    firm.fill("#f-cost_items-items-0-document", "FP-001")
    firm.fill("#f-inputs-actual_total_input", "4000000")
    firm.fill("#f-answers-goal", "联网率提高到九成")
    firm.fill("#f-contact_name", "王演示")
    firm.fill("#f-account", "6222000000000000001")
    look_at(firm, "form")
    firm.locator(".rf-end .button-main").click()
    walk.stands(firm, "草稿")
    walk.record = firm.url
    firm.goto(f"{walk.record}/steps/submit")
    expect(firm.locator("#content")).to_contain_text("应附材料")  # two papers of the call are missing
    firm.goto(walk.record)
    papers = [("营业执照.txt", "text/plain"), ("审计报告.txt", "text/plain")]
    firm.set_input_files("#add-file", [{"name": n, "mimeType": t, "buffer": "演示".encode()} for n, t in papers])
    firm.locator("form.pa-add button").click()
    walk.stands(walk.step("demo-applicant", "submit"), "待受理")
    expect(firm.locator("#ap-bound + dl")).to_contain_text("¥1,200,000")


def accept(walk: Walk) -> None:
    """Acceptance returns it, the firm mends it, acceptance takes it."""
    walk.stands(walk.step("demo-acceptance", "return", "请补充项目简介"), "退回补正")
    firm = walk.person("demo-applicant")
    firm.goto(f"{walk.record}/edit")
    firm.fill("#f-summary", "四十台设备联网")
    firm.locator(".rf-end .button-main").click()
    walk.stands(walk.step("demo-applicant", "resubmit"), "待受理")
    walk.stands(walk.step("demo-acceptance", "accept"), "已受理")


def review(walk: Walk) -> None:
    """One expert declares a relation and is left out by the lot; three score blind; nobody opens another's sheet."""
    [(uscc,)] = walk.sql("SELECT uscc FROM registers_organisation WHERE account = 'demo-0001'")
    expert = walk.person("demo-expert-1")
    expert.goto("/records/reviewer")
    expert.locator("#content tbody a").first.click()
    expert.goto(f"{expert.url}/edit")
    expert.fill("#f-relations", uscc)
    expert.locator(".rf-end .button-main").click()
    clerk = walk.step("demo-acceptance", "draw")
    walk.stands(clerk, "专家评审")
    id = walk.record.rpartition("/")[2]
    clerk.goto(f"/applications/{id}/review")
    expect(clerk.locator("tr", has_text="演示专家1")).to_contain_text("利害关系")
    expect(clerk.locator("#content")).to_contain_text("结果一致")
    look_at(clerk, "lot")
    found = "SELECT s.entry_id, p.sign_in FROM applications_score s JOIN access_person p ON p.id = s.person_id"
    sheets = walk.sql(f"{found} WHERE s.application_id = ?", int(id))
    assert len(sheets) == 3 and "demo-expert-1" not in [name for _, name in sheets]
    expert.goto(f"/scores/{sheets[0][0]}")
    expect(expert.locator("h1")).not_to_contain_text("评分表")
    expert.goto(walk.record)
    expect(expert.locator(".head-status")).not_to_contain_text("专家评审")
    for place, (sheet, name) in enumerate(sheets):
        score(walk.person(name), sheet, place)
    clerk.goto(f"/records/score/{sheets[0][0]}")
    expect(clerk.locator("h1")).not_to_contain_text("演示车间")  # closed to all before the review is
    walk.stands(walk.step("demo-acceptance", "close_review"), "专项审计")
    clerk.goto(f"/records/score/{sheets[0][0]}")
    expect(clerk.locator("h1")).to_contain_text("演示车间")


def score(page: Page, sheet: int, place: int) -> None:
    page.goto(f"/scores/{sheet}")
    for n, mark in enumerate((28, 27, 18, 14 + place)):
        page.fill(f"#mark-{n}", str(mark))
    for finding in ("effect", "example"):
        page.check(f'input[name="finding-{finding}"][value=yes]')
    page.locator("button[name=give]").click()
    expect(page.locator("[role=alert]")).to_be_visible()  # an opinion is missing, nothing typed is lost
    expect(page.locator("#mark-0")).to_have_value("28")
    page.fill("#opinion", "依据充分")
    if place == 0:
        look_at(page, "sheet")
    page.locator("button[name=give]").click()
    expect(page.locator(".head-status")).to_contain_text("已评分")


def audit_and_notice(walk: Walk) -> None:
    """The audit lowers the bound; what passes it is refused; a rival objects, the supervisor settles it."""
    auditor = walk.step("demo-auditor", "report_audit", audited_base="3000000", audit_opinion="核减发票一张")
    walk.stands(auditor, "已审计")
    expect(auditor.locator("#ap-bound + dl")).to_contain_text("¥900,000")
    clerk = walk.step("demo-acceptance", "reserve", proposed="950000")
    expect(clerk.locator(FORMS)).to_contain_text("900,000")
    walk.stands(walk.step("demo-acceptance", "reserve", proposed="900000"), "已入项目库")
    walk.stands(walk.step("demo-acceptance", "publish"), "公示中")
    id = walk.record.rpartition("/")[2]
    public = walk.open_as(address_of(walk.site), ZH)
    public.goto(f"/applications/{id}/notice")
    expect(public.locator("article")).to_contain_text("¥900,000")
    look_at(public, "notice")
    rival = walk.open_as(address_of(walk.site), ZH)
    sign_in(rival, walk.rival, walk.password)
    if "/me/password" in rival.url:
        take_own_password(rival, walk.password)
    rival.goto(f"/records/objection/new?application={id}")
    rival.fill("#f-grounds", "设备并非新购")
    rival.locator(".rf-end .button-main").click()
    expect(rival.locator(".head-status")).to_contain_text("待核查")
    clerk.goto(walk.record)
    walk.stands(clerk, "异议处理")
    supervisor = walk.person("demo-supervisor")
    supervisor.goto(f"/records/objection/{rival.url.rpartition('/')[2]}/steps/dismiss")
    supervisor.fill(f"{FORMS} #f-finding", "现场核查，设备为新购")
    supervisor.locator(f"{FORMS} button").last.click()
    expect(supervisor.locator(".head-status")).to_contain_text("不成立")
    clerk.reload()
    walk.stands(clerk, "公示中")


def decide_and_pay(walk: Walk) -> None:
    """The clock ends the notice; the leader decides within the bound; finance pays, a second person confirms."""
    leader = walk.person("demo-leader")
    walk.over("notice")

    def noticed() -> bool:
        leader.goto(walk.record)
        return "公示期满" in leader.locator(".head-status").inner_text()

    until("the notice is over", noticed, CLOCK_S)
    walk.step("demo-leader", "decide", decided="900001", decision_number="示工信〔2026〕1号")
    expect(leader.locator(FORMS)).to_contain_text("900,000")
    walk.stands(walk.step("demo-leader", "decide", decided="850000", decision_number="示工信〔2026〕1号"), "已决定")
    paid = {"instalment": "850000", "paid_on": "2026-11-24", "voucher": "V-1"}
    walk.stands(walk.step("demo-finance", "pay", **paid), "已拨付")
    finance = walk.person("demo-finance")
    finance.goto("/records/payment")
    finance.get_by_role("link", name=re.compile("V-1")).first.click()
    payment = finance.url
    finance.goto(f"{payment}/steps/confirm")
    expect(finance.locator("#content")).to_contain_text("由您本人登记")
    second = walk.person("demo-finance-2")
    second.goto(f"{payment}/steps/confirm")
    second.locator(f"{FORMS} button").last.click()
    expect(second.locator(".head-status")).to_contain_text("已复核")


def evaluate(walk: Walk) -> None:
    """The supervisor evaluates and closes; the leader sees the money by measure."""
    walk.stands(walk.step("demo-supervisor", "evaluate", evaluation_score="88", evaluation="目标完成"), "已评价")
    walk.stands(walk.step("demo-supervisor", "close"), "已办结")
    look_at(walk.person("demo-supervisor"), "closed")
    leader = walk.person("demo-leader")
    leader.goto("/applications/performance")
    expect(leader.locator("tbody tr", has_text="M10")).to_contain_text("¥850,000")
    look_at(leader, "performance")
    with leader.expect_download() as got:
        leader.get_by_role("link", name="CSV").click()
    assert "850000.00" in got.value.path().read_text("utf-8-sig")
