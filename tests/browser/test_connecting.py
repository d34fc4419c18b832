"""Promise: a device is found, tried, browsed, seen live and saved by the screens alone; how it stands is shown then."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Look, check_access, check_fits, picture
from tests.peers.modbus_server import ModbusPeer, modbus_peer
from tests.peers.opcua_server import OpcUaPeer, opcua_peer
from tests.peers.ports import free_port

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]
LIVE_MS = 60_000


@pytest.fixture(scope="module")
def device() -> Iterator[ModbusPeer]:
    with modbus_peer(free_port(), units=(1, 3)) as running:
        yield running


@pytest.fixture(scope="module")
def server() -> Iterator[OpcUaPeer]:
    with opcua_peer(free_port(), signals=5, period_ms=500) as running:
        yield running


def begin(page: Page, look: Look, protocol: str) -> None:
    """From the list to the form of a protocol, as a person goes."""
    page.goto("/connections")
    page.click(f"text={look.say('添加连接', 'Add a connection')}")
    page.click(f".cn-protocols >> text={protocol}")
    expect(page.locator("#wizard")).to_be_visible()


def finish(page: Page, machine: str) -> None:
    """Name the machine and save; its page opens with live values."""
    page.fill("#f-machine-name", machine)
    page.locator("#step-4 .form-end button").last.click()
    page.wait_for_url("**/machines/**")
    expect(page.locator('live-value[state="good"] .lv-number').first).not_to_have_text("–", timeout=LIVE_MS)


def test_a_modbus_device_from_address_to_live_signals(signed_in, look: Look, device: ModbusPeer) -> None:
    page = signed_in(look)
    begin(page, look, "Modbus TCP")
    page.fill("#f-find", f"127.0.0.1:{device.port}")
    page.keyboard.press("Enter")
    expect(page.locator("#found li")).to_have_count(2)
    page.locator("#found [data-use]").last.click()
    expect(page.locator("#s-unit")).to_have_value("3")
    page.fill("#s-port", "1")
    page.locator("#step-2 .form-end button").click()
    expect(page.locator("#tried .note-alarm")).to_be_visible()
    page.fill("#s-port", "none")
    page.locator("#step-2 .form-end button").click()
    expect(page.locator("#s-port")).to_have_attribute("aria-invalid", "true")
    page.fill("#s-port", str(device.port))
    page.locator("#step-2 .form-end button").click()
    expect(page.locator("#tried .note-success")).to_contain_text("ms" if look.language == "en" else "毫秒")
    page.locator("#tried summary", has_text="Unit 3").click()
    page.locator("#tried summary", has_text="holding").first.click()
    page.locator("#tried label", has_text="holding 10").first.click()
    page.locator("#step-4 .form-end button").first.click()
    row = page.locator("#values tbody tr")
    expect(row).to_have_count(1)
    expect(row.locator("strong")).to_have_text("30")
    page.locator("#step-4 .form-end button").nth(1).click()
    expect(row).to_have_count(2)
    page.fill("[name='row.1.address']", "unit=3;holding=2;type=float32")
    page.fill("[name='row.1.name']", "Level")
    page.locator("#step-4 .form-end button").first.click()
    expect(row.last.locator("strong")).to_be_visible()
    check_access(page)
    check_fits(page)
    picture(page, "connect-modbus", look)
    finish(page, "Pump station")


def test_an_opc_ua_server_from_address_to_live_signals(signed_in, look: Look, server: OpcUaPeer) -> None:
    page = signed_in(look)
    begin(page, look, "OPC UA")
    page.fill("#f-find", f"127.0.0.1:{server.port}")
    page.locator(".cn-find button").click()
    expect(page.locator("#found li")).to_have_count(1)
    page.locator("#found [data-use]").click()
    page.locator("#step-2 .form-end button").click()
    page.locator("#tried summary", has_text="Signals").click()
    for name in ("Signal 1", "Signal 2"):
        page.locator("#tried label", has_text=name).click()
    page.locator("#step-4 .form-end button").first.click()
    expect(page.locator("#values tbody strong")).to_have_count(2)
    check_access(page)
    picture(page, "connect-opcua", look)
    finish(page, "Oven")


def test_a_connection_shows_how_it_stands_and_its_log(signed_in, look: Look) -> None:
    page = signed_in(look)
    page.goto("/connections")
    demo = page.locator('tr[data-connection="sample-modbus"]')
    expect(demo).to_have_attribute("data-state", "running", timeout=LIVE_MS)
    expect(demo.locator("[data-cell=rate]")).not_to_have_text("–")
    check_access(page)
    check_fits(page)
    picture(page, "connections", look)
    demo.locator("a").click()
    expect(page.locator("#now .cn-log li").first).to_be_visible(timeout=LIVE_MS)
    expect(page.locator("#now")).to_contain_text(look.say("运行", "running"))
    check_access(page)
    check_fits(page)
    picture(page, "connection", look)
