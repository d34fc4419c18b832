"""Promise: every plant screen is as good with nothing, with one, with very many and with long names."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Look, check_access, check_fits, picture
from tests.installation import Installation

pytestmark = [pytest.mark.timeout(300), pytest.mark.slow]
MACHINES, SIGNALS_EACH = 120, 84  # 10,080 signals
LONG_ZH = "三号厂房二层东侧第七条高速自动化贴片与回流焊接联合生产线尾端在线光学检测与返修工作站"
LONG_EN = (
    "Inline optical inspection and rework station at the far end of high-speed placement line seven, hall three east"
)


def plant_file(machines: int, signals: int) -> str:
    """A plant of one area without a connection; the first machine has the longest names there are."""
    lines = ["sites:", "  - key: big", "    name: {zh: 大厂, en: Big plant}", "    areas:", "      - key: hall"]
    lines += ["        name: {zh: 车间, en: Hall}", "        machines:"]
    for machine in range(machines):
        zh, en = (LONG_ZH, LONG_EN) if machine == 0 else (f"机器{machine}", f"Machine {machine}")
        lines += [f"          - key: m{machine}", f"            name: {{zh: {zh}, en: '{en}'}}"]
        lines += ["            card: [s0, s1, s2]", "            signals:"]
        lines += [
            f"              - {{key: s{n}, name: {{zh: '{zh} 测点{n}', en: '{en} signal {n}'}}, unit: Cel}}"
            for n in range(signals)
        ]
    return "\n".join(lines) + "\n"


def test_with_nothing_each_screen_says_what_to_do(organisation, look: Look) -> None:
    page, _ = organisation(look)
    for path, words in (
        ("/", look.say("还没有", "No machine yet")),
        ("/signals", look.say("还没有", "No signal yet")),
        ("/system", look.say("还没有连接", "No connection yet")),
    ):
        page.goto(path)
        expect(page.locator("main")).to_contain_text(words)
        check_access(page)
        check_fits(page)
        picture(page, f"nothing-{path.strip('/') or 'overview'}", look)


def test_with_one_and_long_names_nothing_sticks_out(
    organisation, site: Installation, tmp_path: Path, look: Look
) -> None:
    page, name = organisation(look)
    file = tmp_path / "one.yaml"
    file.write_text(plant_file(1, 3))
    site.command("things", "load", str(file), "--org", name)
    for path in ("/", "/machines/big/hall/m0", "/signals", "/search?q=s1"):
        page.goto(path)
        expect(page.locator("main")).to_contain_text(look.say(LONG_ZH, LONG_EN))
        check_access(page)
        check_fits(page)
        picture(page, f"long-{path.strip('/').replace('/', '-').partition('?')[0] or 'overview'}", look)


def test_with_very_many_the_screens_stay_quick(organisation, site: Installation, tmp_path: Path) -> None:
    page, name = organisation(Look())
    file = tmp_path / "many.yaml"
    file.write_text(plant_file(MACHINES, SIGNALS_EACH))
    site.command("things", "load", str(file), "--org", name)
    page.goto("/")
    expect(page.locator("[data-machine]")).to_have_count(MACHINES)
    page.fill("[data-machine-filter]", "machine 77")
    expect(page.locator("[data-machine]:visible")).to_have_count(1)
    check_fits(page)
    picture(page, "many-overview", Look())
    page.goto("/signals?search=signal 83")
    expect(page.locator("tr[data-row]")).to_have_count(50)
    page.locator("a[rel=next]").click()
    expect(page.locator("tr[data-row]")).to_have_count(50)
    check_fits(page)
    picture(page, "many-signals", Look())
