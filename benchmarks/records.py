"""Records at 200,000 rows beside plain Django admin in the same run: `python -m benchmarks.records [--rows N]`.

Lists and searches are whole pages through Django, p50 of TURNS after one that warms; imports and steps are rates. The
exit code says whether every list's p50 is under LIST_AIM_MS and every search's under SEARCH_AIM_MS.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

ROWS, TURNS, STEPS, CHUNK = 200_000, 7, 200, 2_000
LIST_AIM_MS, SEARCH_AIM_MS = 300.0, 200.0
FIRMS = 40
LISTS = {
    "list, newest first": "",
    "list, by a field": "?sort=name",
    "list, by an amount, turned": "?sort=-equipment",
    "list, by title": "?sort=title",
    "list, by change": "?sort=-changed",
    "list, filtered by a choice": "?kind=food&sort=name",
    "list, filtered by state": "?state=draft",
    "list, filtered by an amount": "?equipment.from=1000&equipment.to=1200",
}
SEARCHES = {
    "search, a word in every row": "?search=实验室",
    "search, one row": "?search=L-0123456",
    "search, two words": "?search=精密 L-0000042",
    "search, nothing fits": "?search=不存在",
}
Figure = list[float]  # by the clock, and by the processor alone, which other work on the machine leaves as it is
WORDS = ("精密", "材料", "电子", "食品", "环境", "机械", "光学", "软件")


def values(n: int) -> dict[str, Any]:
    """The same row for both."""
    return {
        "number": f"L-{n:07}",
        "name": f"{WORDS[n % 8]}第 {n} 实验室",
        "kind": "food" if n % 3 else "metal",
        "equipment": f"{n % 90_000}.50",
        "note": f"{WORDS[(n // 8) % 8]}检测",
    }


def fill(count: int) -> Figure:
    """Rows a second of the bulk writer, over FIRMS firms below one bureau."""
    access = import_module("kandelia.kernel.access.facade")
    text = import_module("kandelia.base.text").LocalText
    writing = import_module("kandelia.kernel.records.writing")
    declared = import_module("kandelia.kernel.records.registry").type_of("laboratory")
    access.add_organisation("bureau", text("局", "Bureau"))
    for firm in range(FIRMS):
        access.add_organisation(f"firm-{firm}", text(f"企业{firm}", f"Firm {firm}"), parent="bureau")
    rate = Rate()
    for start in range(0, count, CHUNK):
        rows = [declared.model(**values(n)) for n in range(start, min(start + CHUNK, count))]
        firm = f"firm-{start // CHUNK % FIRMS}"
        writing.create_many(access.system_viewer(firm), declared, rows, organisation=firm)
    made = rate.of(count)
    import_module("django.db").connection.cursor().execute("ANALYZE")
    return made


def median_ms(ask: Callable[[], Any]) -> Figure:
    """p50 of TURNS, after one that warms."""
    ask()
    taken, used = [], []
    for _ in range(TURNS):
        began, busy = time.monotonic(), time.process_time()
        ask()
        taken.append((time.monotonic() - began) * 1_000)
        used.append((time.process_time() - busy) * 1_000)
    return [statistics.median(taken), statistics.median(used)]


class Rate:
    """How many a second of what a block does."""

    def __init__(self) -> None:
        self._began, self._busy = time.monotonic(), time.process_time()

    def of(self, count: int) -> Figure:
        """By the clock and by the processor."""
        return [count / (time.monotonic() - self._began), count / (time.process_time() - self._busy)]


def client_of(organisation: str) -> Any:
    """A client with a token of an administrator with all duties."""
    access, role = (
        import_module("kandelia.kernel.access.facade"),
        import_module("kandelia.kernel.access.contracts").Role,
    )
    duties = import_module("kandelia.kernel.records.registry").duties()
    _, secret = access.create_token(
        access.system_viewer(organisation), f"bench {time.monotonic_ns()}", role.ADMINISTRATOR, duties=duties
    )
    return import_module("django.test").Client(headers={"Authorization": f"Bearer {secret}"})


def pages(who: str, asked: dict[str, str]) -> dict[str, Figure]:
    """Each list as page and, for a search, its API too."""
    client = client_of(who)

    def ask(address: str) -> None:
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.content[:500])

    return {name: median_ms(lambda query=query: ask(f"/records/laboratory{query}")) for name, query in asked.items()}


def far_in(who: str) -> dict[str, Figure]:
    """Pages reached by next in each sort: the cost of turning does not grow with the place."""
    client, found = client_of(who), {}
    for sort in ("-created", "name", "-equipment"):
        cursor = ""
        for _ in range(20):
            address = f"/api/v1/records/laboratory?sort={sort}&limit=500&count=no&after={cursor}"
            cursor = client.get(address).json()["next"]
            if not cursor:
                break
        address = f"/api/v1/records/laboratory?sort={sort}&limit=50&count=no&after={cursor}"
        found[f"API, 10,000 rows in, by {sort}"] = median_ms(lambda address=address: client.get(address))
    return found


def steps() -> Figure:
    """Transitions a second, one by one through the facade: log, audit chain and limits with each."""
    facade = import_module("kandelia.kernel.records.facade")
    contracts = import_module("kandelia.kernel.access.contracts")
    query = import_module("kandelia.kernel.records.contracts").Query
    who = contracts.Viewer("firm-0", "person:1", "W", contracts.Role.OPERATOR, duties=frozenset({"applicant"}))
    ids = [view.id for view in facade.page(who, "laboratory", query(limit=STEPS), count=False).items]
    rate = Rate()
    for id in ids:
        facade.act(who, "laboratory", id, "submit")
    return rate.of(len(ids))


def imported() -> Figure:
    """Rows a second of a CSV file: read, mapped, checked, then written."""
    tables = import_module("kandelia.kernel.files.tables")
    runs = import_module("kandelia.kernel.papers.runs")
    access = import_module("kandelia.kernel.access.facade")
    count = 2_000
    rows = [list(values(9_000_000 + n).values()) for n in range(count)]
    head = ["登记号", "名称", "类别", "设备原值", "说明"]
    runs.AT_ONCE_BYTES_MAX, runs.CHUNK_ROWS = 1 << 40, count
    viewer = access.system_viewer("firm-0")
    viewer = type(viewer)("firm-0", "person:1", "W", viewer.role, duties=frozenset({"registrar"}))
    rate = Rate()
    run = runs.begin(viewer, "laboratory", "rows.csv", tables.write("csv", head, rows))
    assert run.good == count, run.mistakes[:3]
    assert runs.write(viewer, run.id).made == count
    return rate.of(count)


def ours(count: int, directory: Path) -> dict[str, Figure]:
    """All figures of ours."""
    os.environ.update(KANDELIA_DATA=str(directory), KANDELIA_APPS="tests.record_types.app:app")
    os.environ["DJANGO_SETTINGS_MODULE"] = "kandelia.boot.django_settings"
    load = import_module("kandelia.boot.load").load_settings
    import_module("kandelia.boot.directories").make_directories(load(None))
    import_module("django").setup()
    import_module("django.core.management").call_command("migrate", interactive=False, verbosity=0)
    found = {"bulk rows/s": fill(count)}
    found |= {f"bureau: {name}": ms for name, ms in pages("bureau", LISTS).items()}
    found |= {f"firm: {name}": ms for name, ms in pages("firm-3", LISTS).items()}
    found |= {f"bureau: {name}": ms for name, ms in pages("bureau", SEARCHES).items()}
    found |= far_in("bureau")
    return {**found, "import rows/s": imported(), "steps/s": steps()}


def main() -> int:
    """Both, side by side."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=ROWS)
    count = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="kandelia-records-") as place:
        command = [sys.executable, "-m", "benchmarks.records_admin", str(count), place]
        peer = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        found = ours(count, Path(place) / "ours")
    print(f"{count:,} rows; ms are p50 of whole pages (processor alone in brackets); load {os.getloadavg()[0]:.1f}")
    for name, value in found.items():
        beside = peer.get(name.removeprefix("bureau: "))
        told = f"   plain Django admin {beside[0]:>9,.1f} ({beside[1]:,.1f})" if beside is not None else ""
        print(f"{name:<46}{value[0]:>9,.1f} ({value[1]:,.1f}){told}")
    late = [name for name, ms in found.items() if ": list" in name and ms[0] > LIST_AIM_MS]
    late += [name for name, ms in found.items() if ": search" in name and ms[0] > SEARCH_AIM_MS]
    print("all within the aims" if not late else f"over the aims: {', '.join(late)}")
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
