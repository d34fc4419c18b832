"""How long lists of 200,000 signals take: `python -m benchmarks.lists [--signals N]`. Whole pages, through Django.

The plant has 84 signals a machine in ten areas of one site. Each page is asked for TURNS times after one that warms;
p50 and the slowest are printed, and the exit code says whether every p50 stays under the aim.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any

SIGNALS, SIGNALS_EACH, AREAS = 200_000, 84, 10
CHUNK = 10_000
TURNS = 9
AIM_MS = 300.0
PAGES = {
    "signal list, first page": "/signals",
    "signal list, a page far in": f"/signals?after={SIGNALS * 3 // 4}",
    "search: a word in every signal": "/signals?search=temperature",
    "search: two words, one machine": "/signals?search=machine-1742+k-7",
    "search: a number": "/signals?search=199999",
    "search: nothing fits": "/signals?search=zzz",
    "signals of one machine": "/signals?machine=big/area-3/machine-1203",
    "signals of one area": "/signals?machine=big/area-3",
    "search within one area": "/signals?machine=big/area-3&search=k-12",
    "search box": "/search?q=machine-1742",
    "search box: nothing fits": "/search?q=zzz",
    "explorer": "/explore",
    "explorer: one area": "/explore?at=big/area-3",
    "machine": "/machines/big/area-3/machine-1203",
    "API: a page of 100": "/api/v1/signals?search=temperature",
}


def views(count: int) -> Iterator[list[Any]]:
    """Definitions in chunks."""
    from kandelia.base.samples import Kind
    from kandelia.base.text import LocalText
    from kandelia.sdk.views import SignalView

    chunk: list[Any] = []
    for n in range(count):
        machine, k = divmod(n, SIGNALS_EACH)
        path = f"big/area-{machine % AREAS}/machine-{machine}"
        name = LocalText(f"第{k}点温度", f"Point {k} temperature")
        chunk.append(SignalView(0, "", f"k-{k}", path, name, Kind.FLOAT, "Cel", 1, 0.0, 100.0))
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    yield chunk


def fill(count: int) -> None:
    """A plant of `count` signals, by the facades."""
    from kandelia.base.text import LocalText
    from kandelia.sdk.records import access, signals, things

    access.add_organisation("main", LocalText("大厂", "Big plant"))
    viewer = access.system_viewer("main")
    things.put_site(viewer, "big", LocalText("大厂", "Big plant"), "Asia/Shanghai")
    for area in range(AREAS):
        things.put_area(viewer, f"big/area-{area}", LocalText(f"{area}号车间", f"Hall {area}"))
    for machine in range(-(-count // SIGNALS_EACH)):
        name = LocalText(f"设备{machine}", f"Machine {machine}")
        card = ("k-0", "k-1", "k-2")
        things.put_machine(viewer, f"big/area-{machine % AREAS}/machine-{machine}", name, card_signals=card)
    for chunk in views(count):
        if chunk:
            signals.put_signals(viewer, chunk)


def sign_in() -> Any:
    """A client on which an engineer is signed in."""
    from django.test import Client

    from kandelia.sdk.records import access
    from kandelia.sdk.views import Role

    access.add_person(access.system_viewer("main"), "ada", "correct horse battery", Role.ENGINEER, must_change=False)
    client = Client()
    client.post("/sign-in", {"name": "ada", "password": "correct horse battery"})
    return client


def measure(client: Any) -> bool:
    """Print each page's times; True where every p50 is under the aim."""
    holds = True
    for name, address in PAGES.items():
        client.get(address)
        times, spent = [], time.process_time()
        for _ in range(TURNS):
            began = time.perf_counter()
            answer = client.get(address)
            times.append((time.perf_counter() - began) * 1_000)
            assert answer.status_code == 200, (address, answer.status_code)
        spent_ms = (time.process_time() - spent) * 1_000 / TURNS
        p50, size = statistics.median(times), len(answer.content) / 1_000
        holds = holds and p50 < AIM_MS
        print(f"{name:34} p50 {p50:6.0f} ms, slowest {max(times):6.0f}, processor {spent_ms:5.0f} ms, {size:4.0f} kB")
    return holds


def main() -> int:
    """Fill, measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--signals", type=int, default=SIGNALS)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kandelia-lists-") as place:
        os.environ |= {"KANDELIA_DATA": place, "DJANGO_SETTINGS_MODULE": "kandelia.boot.django_settings"}
        import django

        django.setup()
        from django.conf import settings
        from django.core.management import call_command

        settings.PLATFORM.records_file.parent.mkdir(parents=True, exist_ok=True)
        call_command("migrate", verbosity=0)
        began = time.monotonic()
        fill(given.signals)
        print(f"{given.signals:,} signals defined in {time.monotonic() - began:.0f} s", flush=True)
        holds = measure(sign_in())
    print(f"every p50 under {AIM_MS:.0f} ms: {'yes' if holds else 'NO'}; load average {os.getloadavg()[0]:.1f}")
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
