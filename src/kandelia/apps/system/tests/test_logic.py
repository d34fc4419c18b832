"""Promise: the status page tells of every role that should run, and every figure becomes a well-defined signal."""

import math

from kandelia.apps.system.logic.platform import GAUGES_PER_ROLE_MAX, figures, gauge_signal
from kandelia.apps.system.logic.status import connection_rows, role_rows
from kandelia.apps.system.logic.words import KEY_GAUGES, ROLE_NAMES, gauge_name
from kandelia.base.clock import NS_PER_S
from kandelia.base.text import LocalText
from kandelia.sdk.views import ConnectionState, Process, Report, State, Trouble

NOW = 1_800_000_000 * NS_PER_S


def report(role: str, ago_s: float = 0.0, **more: object) -> Report:
    return Report(role, 1, NOW - 60 * NS_PER_S, NOW - int(ago_s * NS_PER_S), **more)  # type: ignore[arg-type]


def test_a_role_that_should_run_is_told_even_when_it_says_nothing() -> None:
    rows = role_rows([report("web"), report("edge", 60)], NOW, "en")
    assert [(row.role, row.state) for row in rows] == [
        ("web", "running"),
        ("edge", "silent"),
        ("history", "silent"),
        ("live", "silent"),
        ("jobs", "silent"),
    ]
    assert rows[0].age_s == 60


def test_troubles_show() -> None:
    trouble = Trouble("disk", "the disk is full", "free some", NOW)
    row = role_rows([report("history", troubles=(trouble,))], NOW, "zh")[2]
    assert (row.state, row.name, row.troubles) == ("warning", "历史库", (trouble,))


def test_gauges_become_signals_with_units() -> None:
    assert gauge_signal("web", "memory_bytes").unit == "By"
    assert gauge_signal("live", "values_sent_per_s").unit == "1/s"
    assert gauge_signal("history", "recorder_lag_s").id == "platform.roles.history.recorder_lag_s"
    assert gauge_signal("x", "odd_things").name == LocalText("", "Odd things")


def test_only_finite_plain_figures_are_recorded() -> None:
    gauges = {"good": 1.0, "inf": math.inf, "nan": math.nan, "Bad Name": 1.0, "": 2.0, "end_": 1.0}
    assert figures(report("web", gauges=gauges)) == {"good": 1.0, "troubles": 0.0}
    assert figures(report("no such role!", gauges=gauges)) == {}
    many = {f"g{n}": float(n) for n in range(500)}
    assert len(figures(report("web", gauges=many))) == GAUGES_PER_ROLE_MAX + 1


def test_wanted_and_running_revisions() -> None:
    state = ConnectionState("a", "o", "s", State.RUNNING, NOW, NOW, revision_wanted=4, revision_running=3)
    behind, unknown = connection_rows({"a": 4, "b": 1}, {"a": state})
    assert (behind.behind, behind.wanted, behind.running) == (True, 4, 3)
    assert unknown.state == "unknown"


def test_what_the_supervisor_keeps_running_is_shown_even_when_it_tells_nothing_of_itself() -> None:
    kept = (
        Process("web", "running", 1, NOW, 2, "killed by signal 9"),
        Process("bus", "running", 8, NOW, 0, "", 40_000_000),
        Process("history", "backing-off", 0, NOW, 5, "exit code 1"),
        Process("live", "running", 9, NOW),
        Process("demo-plant", "stopped"),
    )
    boot = report("boot", gauges={"edge_stream_messages": 3.0}, processes=kept)
    rows = {row.role: row for row in role_rows([report("web"), boot], NOW, "en")}
    assert list(rows) == ["web", "edge", "history", "live", "jobs", "bus", "boot", "demo-plant"]
    assert (rows["web"].state, rows["web"].restarts, rows["web"].last_exit) == ("running", 2, "killed by signal 9")
    assert (rows["bus"].name, rows["bus"].memory_bytes, rows["bus"].keys) == (
        "Message bus",
        40_000_000.0,
        (("edge_stream_messages", 3.0),),
    )
    assert [rows[role].state for role in ("history", "live", "jobs", "demo-plant")] == [
        "backing-off",
        "silent",
        "silent",
        "stopped",
    ]


def test_every_figure_that_judges_a_process_has_a_name_in_both_languages() -> None:
    for role, gauges in KEY_GAUGES.items():
        assert ROLE_NAMES[role].zh
        for gauge in gauges:
            assert gauge_name(gauge).zh
            assert gauge_name(gauge).en
    assert gauge_name("odd_things") == LocalText("", "Odd things")
