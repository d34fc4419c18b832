"""Promise: a file of another system becomes a trend and a file again, tag lists become signals, by screens alone."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Look, check_access, check_fits, picture
from tests.installation import Installation, until

pytestmark = [pytest.mark.timeout(600), pytest.mark.slow]
LONG_MS = 60_000
LONG_S = 60
BEGIN = datetime(2026, 5, 1, 8, tzinfo=UTC) - timedelta(hours=8)  # 08:00 in Shanghai
ROWS = 120
LINES = [f"2026-05-01 {8 + n // 60:02}:{n % 60:02}:00,{20 + n / 10:.1f},{'开' if n % 2 else '关'}" for n in range(ROWS)]
UNREADABLE = "2026-05-01 10:00:00,x,开"
SAMPLES = 2 * ROWS + 1
KEPWARE = """Tag Name,Address,Data Type,Scan Rate,Eng Units
Oven.Temp,400101,Float,500,°C
Oven.Many,400200,Word Array,100,
"""
FLOW = {"name": "Flow", "dataType": "Float4", "opcItemPath": "ns=1;s=[Line]HRF201", "engUnit": "m³/h"}
NOTE = {"name": "Note", "dataType": "String", "valueSource": "memory"}
PUMP = {"name": "Pump", "tagType": "Folder", "tags": [{"tagType": "AtomicTag", **one} for one in (FLOW, NOTE)]}
IGNITION = json.dumps({"name": "", "tagType": "Provider", "tags": [PUMP]})


def test_files_and_tag_lists_come_in_and_history_goes_out(
    site: Installation, organisation: Callable[[Look], tuple[Page, str]], look: Look, tmp_path: Path
) -> None:
    page, name = organisation(look)
    page.set_default_timeout(LONG_MS)
    file = tmp_path / "记录.csv"
    file.write_bytes("\n".join(["时间,温度[℃],运行", *LINES, UNREADABLE]).encode("gb18030"))
    send(page, file)
    map_to_new_signals(page, look)
    load(page)
    picture(page, "import-done", look)
    with page.expect_download() as told:
        page.locator("a[download]").click()
    assert "122,温度[℃],value,x" in Path(told.value.path()).read_text()
    page.locator("[data-state=done] .button-main").click()
    expect(page.locator("live-trend canvas").first).to_be_visible(timeout=LONG_MS)
    send(page, file)  # again: mapped as before, and nothing is added
    expect(page.locator("[data-row='温度[℃]'] [data-action]")).to_have_value("signal")
    load(page)
    with site.client(site.token(organisation=name)) as program:
        found = program.get("/api/v1/signals").json()["items"]
        numbers = {one["key"]: one["number"] for one in found}
        assert len(numbers) == 2
        until("all is in history", lambda: stored(program, numbers["temperature"]) == ROWS, LONG_S)
        check_export(page, look, tmp_path)
        hall = "plant/hall"
        made = {"name": {"en": "M"}, "site": "plant", "driver": "modbus", "enabled": False}
        answer = program.put("/api/v1/connections/m", json={**made, "settings": {"host": "127.0.0.1", "port": 1}})
        assert answer.status_code < 300, answer.text
        take_over(page, look, "kepware", KEPWARE, hall, ("holding=100;type=float32", "Oven.Many"))
        for _ in range(2):  # twice is once
            take_over(page, look, "ignition", IGNITION, hall, ("holding=200;type=float32", "Note"))
        taken = program.get("/api/v1/signals?connection=m").json()["items"]
    signals = {(one["machine"], one["key"], one["unit"]) for one in taken}
    assert signals == {(f"{hall}/oven", "temp", "Cel"), (f"{hall}/pump", "flow", "m3/h")}


def stored(program, number: int) -> int:
    """How many samples history answers."""
    window = f"start={BEGIN.isoformat()}&end={(BEGIN + timedelta(days=1)).isoformat()}".replace("+00:00", "Z")
    return len(program.get(f"/api/v1/signals/{number}/raw?{window}").json()["t"])


def send(page: Page, file: Path) -> None:
    page.goto("/imports")
    page.set_input_files("#f-file", file)
    page.click("#send button")
    expect(page.locator("#mapping")).to_be_visible(timeout=LONG_MS)
    expect(page.locator("[data-row]")).to_have_count(2)


def map_to_new_signals(page: Page, look: Look) -> None:
    """The zone is asked for, and the preview shows what it means."""
    expect(page.locator("[data-row='温度[℃]'] [data-unit]")).to_have_value("Cel")
    page.fill("#f-machine-name", "Logger")
    page.fill("[data-row='温度[℃]'] [data-key]", "temperature")
    page.fill("[data-row='运行'] [data-key]", "running")
    ask = page.locator("#mapping .form-end button").first
    ask.click()
    zone = page.locator("#preview .note-alarm")
    expect(zone).to_contain_text(look.say("时间没有注明时区", "the times name no zone"), timeout=LONG_MS)
    page.fill("#f-zone", "Asia/Shanghai")
    ask.click()
    first = page.locator("[data-preview] .scroll tbody tr").first
    expect(first).to_contain_text("2026-05-01 00:00:00", timeout=LONG_MS)
    check_access(page)
    check_fits(page)
    picture(page, "import-mapping", look)


def load(page: Page) -> None:
    page.locator("#mapping .form-end .button-main").click()
    expect(page.locator("[data-state=done]")).to_be_visible(timeout=LONG_MS)
    expect(page.locator("[data-samples]")).to_have_text(str(SAMPLES))


def check_export(page: Page, look: Look, tmp_path: Path) -> None:
    """The rows of the file are those of the file that came in."""
    page.goto("/exports")
    for box in page.locator(".tr-signals input").all():
        box.check()
    page.fill("#f-start", "2026-05-01T00:00")
    page.fill("#f-end", "2026-05-02T00:00")
    page.locator("main .form-end .button-main").click()
    page.wait_for_url("**/jobs")
    ready = page.locator("[data-job] a[download]").first
    expect(ready).to_be_visible(timeout=LONG_MS)
    check_access(page)
    check_fits(page)
    picture(page, "jobs", look)
    with page.expect_download() as told:
        ready.click()
    file = tmp_path / "out.parquet"
    told.value.save_as(file)
    rows = pq.read_table(file).to_pandas()
    warm = rows[rows["value"] > 1].sort_values("time")  # the other signal is on or off
    assert len(rows) == SAMPLES
    assert warm["value"].tolist() == [float(line.split(",")[1]) for line in LINES]
    assert warm["time"].iloc[0].timestamp() == BEGIN.timestamp()


def take_over(page: Page, look: Look, source: str, text: str, area: str, seen: tuple[str, str]) -> None:
    """One tag is taken and its address translated, the other is told why not."""
    page.goto("/signals/import-tags")
    page.select_option("#f-source", source)
    page.set_input_files("#f-list", {"name": f"{source}.txt", "mimeType": "text/plain", "buffer": text.encode()})
    page.select_option("#f-area", area)
    page.locator("#tags .form-end button").click()
    expect(page.locator("#tags code")).to_have_text(seen[0], timeout=LONG_MS)
    expect(page.locator(".tr-wrong li")).to_contain_text(seen[1])
    picture(page, f"tag-list-{source}", look)
    page.click("[name=apply]")
    page.wait_for_url("**/signals?connection=**")
