"""Keeps the platform's own figures as samples, so that its status page can show how it went.

The organisation "platform" has a machine for each role and a signal for each gauge, made when first heard of.
"""

import contextlib
import time
from collections.abc import Iterable

from kandelia.apps.system.logic import platform
from kandelia.apps.system.logic.words import role_name
from kandelia.base.clock import NS_PER_MS
from kandelia.base.errors import Conflict, TooMuch, Unavailable
from kandelia.base.samples import encode, make_batch
from kandelia.base.text import LocalText
from kandelia.sdk.bus import Bus, ask_reports, bus_call, load_subject
from kandelia.sdk.jobs import ServiceContext
from kandelia.sdk.records import access, signals, things
from kandelia.sdk.views import Report, SignalView, Viewer

NAME = LocalText("本平台", "This platform")
STORE_TIMEOUT_S = 5.0
TROUBLE = "figures"


class FigureKeeper:
    """Remembers the number of each gauge's signal, so that a known gauge costs no query."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._roles: set[str] = set()

    def record(self) -> int:
        """Ask every role once and store what it says; returns the samples stored. Unavailable without the bus."""
        reports = bus_call(ask_reports)
        rows = self._rows(reports)
        if not rows:
            return 0
        numbers, times, values = zip(*rows, strict=True)
        lag_ms = [max(0, (time.time_ns() - at) // NS_PER_MS) for at in times]
        data = encode(make_batch(numbers, times, lag_ms=lag_ms, value=values))
        subject = load_subject(platform.ORGANISATION, platform.SITE, platform.SOURCE)
        message_id = f"{platform.ORGANISATION}-{max(times)}"

        async def store(bus: Bus) -> None:
            await bus.store(subject, data, message_id=message_id, timeout_s=STORE_TIMEOUT_S)

        bus_call(store)
        return len(rows)

    def _rows(self, reports: Iterable[Report]) -> list[tuple[int, int, float]]:
        """(number, time, value) of each figure; several processes of one role are summed."""
        summed: dict[tuple[str, str], tuple[int, float]] = {}
        for report in reports:
            for gauge, value in platform.figures(report).items():
                at_ns, before = summed.get((report.role, gauge), (0, 0.0))
                summed[report.role, gauge] = (max(at_ns, report.at_ns), before + value)
        self._learn([platform.gauge_signal(role, gauge) for role, gauge in summed])
        return [
            (self._numbers[platform.gauge_signal(role, gauge).id], at_ns, value)
            for (role, gauge), (at_ns, value) in summed.items()
            if platform.gauge_signal(role, gauge).id in self._numbers
        ]

    def _learn(self, gauges: Iterable[platform.GaugeSignal]) -> None:
        fresh = [gauge for gauge in gauges if gauge.id not in self._numbers]
        if not fresh:
            return
        viewer = access.system_viewer(platform.ORGANISATION)
        if not self._roles:
            _provide_site(viewer)
        for role in sorted({gauge.role for gauge in fresh} - self._roles)[: platform.ROLES_MAX]:
            things.put_machine(viewer, f"{platform.SITE}/{platform.AREA}/{role}", role_name(role), kind="role")
            self._roles.add(role)
        signals.put_signals(viewer, [_view(gauge) for gauge in fresh if gauge.role in self._roles])
        found = signals.by_ids(viewer, [gauge.id for gauge in fresh])
        self._numbers.update({id_: view.number for id_, view in found.items()})


def keep_figures(context: ServiceContext) -> None:
    """The service: each PERIOD_S, until the jobs role stops."""
    keeper = FigureKeeper()
    while not context.wait(platform.PERIOD_S):
        try:
            keeper.record()
            context.troubles.mended(TROUBLE)
        except (Unavailable, TooMuch) as error:
            context.troubles.trouble(TROUBLE, f"the platform's figures were not kept: {error.what}", error.mend)


def _provide_site(viewer: Viewer) -> None:
    with contextlib.suppress(Conflict):  # made at an earlier start
        access.add_organisation(platform.ORGANISATION, NAME)
    things.put_site(viewer, platform.SITE, NAME)
    things.put_area(viewer, f"{platform.SITE}/{platform.AREA}", LocalText("进程", "Roles"))


def _view(gauge: platform.GaugeSignal) -> SignalView:
    return SignalView(
        number=0,
        id=gauge.id,
        key=gauge.key,
        machine=f"{platform.SITE}/{platform.AREA}/{gauge.role}",
        name=gauge.name,
        kind=gauge.kind,
        unit=gauge.unit,
        decimals=gauge.decimals,
        period_ms=int(platform.PERIOD_S * 1_000),
    )
