"""Limit (限值) as a record: what a signal must not go beyond."""

import math
from typing import Any

from kandelia.base.errors import InvalidInput
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.kernel.connections import outbox
from kandelia.kernel.lives.archetypes import KEPT
from kandelia.kernel.records.declaration import Field, Group, RecordType
from kandelia.kernel.rules import compiling
from kandelia.kernel.rules.logic.limits import LimitKind
from kandelia.kernel.rules.models import Limit
from kandelia.kernel.signals import store

KINDS = (
    (LimitKind.HIGH_HIGH.value, LocalText("高高限", "High-high")),
    (LimitKind.HIGH.value, LocalText("高限", "High")),
    (LimitKind.LOW.value, LocalText("低限", "Low")),
    (LimitKind.LOW_LOW.value, LocalText("低低限", "Low-low")),
    (LimitKind.RATE.value, LocalText("变化率", "Rate of change")),
    (LimitKind.STALE.value, LocalText("无数据", "No data")),
)
BOUNDS = {"severity": (1, 1_000), "on_delay_s": (0, 86_400), "off_delay_s": (0, 86_400), "dead_band": (0, 1e12)}


def check(row: Any) -> None:
    """The signal must be there and have numbers."""
    compiling.check_bounds(row, BOUNDS)
    found = store.by_ids(row.entry.organisation_id, [row.signal]).get(row.signal)
    if found is None:
        mend = "give its id as the list of signals shows it"
        raise InvalidInput(f'there is no signal "{row.signal[:120]}"', "signal", mend, "no-signal")
    if found.kind is Kind.TEXT and row.kind != LimitKind.STALE:
        raise InvalidInput("a text has no limits", "signal", "choose a signal with numbers", "type")
    if not math.isfinite(row.level) or (row.kind in (LimitKind.STALE, LimitKind.RATE) and row.level <= 0):
        raise InvalidInput(f"{row.level:g} is no such level", "level", "give a number above zero", "bounds")
    row.number = found.number


def tell(row: Any) -> None:
    """The data plane hears of it."""
    outbox.nudge()


LIMIT = RecordType(
    name="limit",
    label=LocalText("限值", "Limit"),
    plural=LocalText("限值", "Limits"),
    model=Limit,
    life=KEPT,
    groups=(
        Group(
            LocalText("限值", "Limit"),
            (
                Field("signal", LocalText("测点", "Signal"), LocalText("测点标识", "The signal's id"), weight=4),
                Field("kind", LocalText("种类", "Kind"), choices=KINDS),
                Field(
                    "level",
                    LocalText("界限", "Level"),
                    LocalText("变化率：每秒；无数据：秒", "Rate of change: a second; no data: seconds"),
                ),
                Field("severity", LocalText("严重度", "Severity"), LocalText("1 至 1000", "1 to 1000")),
                Field("name_zh", LocalText("中文说明", "Chinese words"), weight=3),
                Field("name_en", LocalText("英文说明", "English words"), weight=3),
            ),
        ),
        Group(
            LocalText("抑制抖动", "Against chatter"),
            (
                Field("dead_band", LocalText("死区", "Dead band")),
                Field("on_delay_s", LocalText("触发延时", "On-delay"), unit="s"),
                Field("off_delay_s", LocalText("解除延时", "Off-delay"), unit="s"),
            ),
        ),
    ),
    title=("signal", "kind"),
    columns=("signal", "kind", "level", "severity", "name_zh", "name_en"),
    filters=("signal", "kind", "severity"),
    create_by=("engineer", "administrator"),
    icon="gauge",
    group="plant",
    narrow=compiling.narrow,
    placed=True,
    derive=compiling.usual,
    check=check,
    saved=tell,
)
