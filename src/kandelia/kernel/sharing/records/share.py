"""Share (共享) as a record: offered, accepted by the other organisation, ended by either or by its last day."""

from datetime import datetime, time
from typing import Any

from django.utils import timezone

from kandelia.base.text import LocalText
from kandelia.kernel.access.facade import Lending, end_lending, lend, system_viewer
from kandelia.kernel.lives.declaration import CLOCK, SYSTEM, Case, Deadline, Life, State, Transition
from kandelia.kernel.records.contracts import RecordView
from kandelia.kernel.records.declaration import Field, Group, RecordType
from kandelia.kernel.records.timers import set_days
from kandelia.kernel.sharing.models import Share

ADMINISTRATOR = ("administrator",)
DAYS_MAX = 3_650
LIMIT = "last-day"


def give(case: Case) -> None:
    """The partner sees it from now on; the clock knows the last day."""
    row: Any = case.record
    lending = Lending(
        row.partner_id,
        row.place,
        tuple(row.signals),
        _instant(row.since, time.min),
        _instant(row.until, time.max),
        row.export,
    )
    lend(system_viewer(case.entry.organisation_id), lending, case.entry.id)
    if row.until:
        set_days(case.entry, SHARE.life, LIMIT, (row.until - timezone.localdate()).days + 1)


def take_back(case: Case) -> None:
    """The partner sees it no more."""
    end_lending(case.entry.id)


def _instant(day: Any, at: time) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, at)) if day else None


def own_page(viewer: Any, view: RecordView) -> tuple[tuple[LocalText, str], ...]:
    """Where one sees who looked."""
    return ((LocalText("谁看过", "Who looked"), f"/sharing/{view.id}"),)


LIFE = Life(
    states=(
        State("offered", LocalText("已提出", "Offered"), "start", look="attention"),
        State("accepted", LocalText("共享中", "Shared"), look="good"),
        State("declined", LocalText("已谢绝", "Declined"), "end", look="muted"),
        State("ended", LocalText("已结束", "Ended"), "end", look="muted"),
        State("expired", LocalText("已到期", "Expired"), "end", look="muted"),
    ),
    transitions=(
        Transition(
            "accept", LocalText("接受", "Accept"), ("offered",), "accepted", (SYSTEM,), effect=give, expected=False
        ),
        Transition("decline", LocalText("谢绝", "Decline"), ("offered",), "declined", (SYSTEM,), expected=False),
        Transition(
            "end",
            LocalText("结束共享", "End the share"),
            ("offered", "accepted"),
            "ended",
            (SYSTEM, *ADMINISTRATOR),
            effect=take_back,
            expected=False,
            look="danger",
        ),
        Transition("expire", LocalText("到期", "Expire"), ("accepted",), "expired", (CLOCK,), effect=take_back),
    ),
    deadlines=(
        Deadline(
            LIMIT, LocalText("最后一天", "Last day"), DAYS_MAX, ("accept",), ("end",), working=False, then="expire"
        ),
    ),
)
SHARE = RecordType(
    name="share",
    label=LocalText("共享", "Share"),
    plural=LocalText("共享", "Shares"),
    model=Share,
    life=LIFE,
    groups=(
        Group(
            LocalText("共享", "Share"),
            (
                Field("partner", LocalText("对方", "Partner"), editable=False),
                Field("place", LocalText("位置", "Place"), editable=False, weight=3),
                Field("since", LocalText("数据自", "Data from"), editable=False),
                Field("until", LocalText("最后一天", "Last day"), editable=False),
                Field("export", LocalText("可导出文件", "As files too"), editable=False),
                Field("purpose", LocalText("用途", "Purpose"), editable=False, weight=2),
            ),
        ),
    ),
    title=("partner", "place"),
    columns=("partner", "place", "since", "until", "purpose"),
    filters=("place",),
    read_by=ADMINISTRATOR,
    icon="share-2",
    group="system",
    in_rail=False,
    importable=False,
    remove=False,
    attachments=False,
    links=("kandelia.kernel.sharing.records.share.own_page",),
)
