"""Promise: who works in two organisations switches between them; the person's menu leads on by keyboard."""

from playwright.sync_api import expect

from .conftest import OWN_PASSWORD, Look, address_of, check_access, sign_in

NAME, GIVEN = "chen.jie", "given by the office 7"


def test_switches_organisation_and_signs_out_by_the_menu(site, open_as) -> None:
    site.command("org", "add", "south", "--zh", "南厂", "--en", "South works")
    site.command("user", "add", NAME, "--role", "engineer", "--password-stdin", stdin=GIVEN)
    site.command("user", "add", NAME, "--role", "engineer", "--org", "south")
    page = open_as(address_of(site), Look("en"))
    sign_in(page, NAME, GIVEN)
    for field, value in (("old", GIVEN), ("new", OWN_PASSWORD), ("again", OWN_PASSWORD)):
        page.fill(f"#f-{field}", value)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    page.locator("details.menu summary", has=page.locator(".bar-text")).first.click()
    check_access(page)
    with page.expect_navigation():
        page.get_by_role("button", name="South works").click()
    page.goto("/signals")
    expect(page.locator("header.bar")).to_contain_text("South works")
    expect(page.locator("main")).not_to_contain_text("smt1-oven")
    person = page.locator("details.menu-right summary", has=page.locator(".bar-person"))
    person.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Profile")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Profile")).not_to_be_visible()
    person.press("Enter")
    with page.expect_navigation():
        page.get_by_role("button", name="Sign out").press("Enter")
    page.goto("/signals")
    expect(page).to_have_url(f"{address_of(site)}/sign-in?next=%2Fsignals")
