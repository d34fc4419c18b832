"""Connection (连接) as a record: what it is called, whether it is switched on, its history.

Settings and secrets are changed where they are tried, on the screens of connections.
"""

from typing import Any
from urllib.parse import quote

from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Right
from kandelia.kernel.connections import outbox, store
from kandelia.kernel.connections.models import Connection
from kandelia.kernel.lives.archetypes import KEPT
from kandelia.kernel.lives.declaration import Case, State, Transition
from kandelia.kernel.records.contracts import RecordView
from kandelia.kernel.records.declaration import Field, Group, RecordType
from kandelia.kernel.things.living import ENGINEERS


def tell(row: Any) -> None:
    """The data plane hears of a change by the form."""
    outbox.mark(row.organisation_id, [row.key])


def switch(case: Case) -> None:
    """Off, nothing is collected; what is stored stays."""
    row: Any = case.record
    row.enabled = case.transition.target == "active"
    row.save(update_fields=["enabled"])
    tell(row)


def own_page(viewer: Any, view: RecordView) -> tuple[tuple[LocalText, str], ...]:
    """Where its state, figures and log are."""
    return ((LocalText("状态与日志", "State and log"), f"/connections/of/{quote(str(view.values['key']))}"),)


def narrow(viewer: Any, rows: Any) -> Any:
    """Those that whoever sees only places may know of."""
    reach = viewer.reach(Right.SEE)
    return rows if reach is None else rows.filter(key__in=store.keys_within(viewer.organisation, reach))


CONNECTION = RecordType(
    name="connection",
    label=LocalText("连接", "Connection"),
    plural=LocalText("连接", "Connections"),
    model=Connection,
    life=KEPT.but(
        states=(
            State("active", LocalText("已启用", "Switched on"), "start", editable_by=ENGINEERS),
            State("retired", LocalText("已关闭", "Switched off"), "end", look="muted"),
        ),
        transitions=(
            Transition(
                "retire",
                LocalText("关闭", "Switch off"),
                ("active",),
                "retired",
                ENGINEERS,
                effect=switch,
                expected=False,
            ),
            Transition(
                "restore",
                LocalText("启用", "Switch on"),
                ("retired",),
                "active",
                ENGINEERS,
                effect=switch,
                expected=False,
            ),
        ),
    ),
    groups=(
        Group(
            LocalText("连接", "Connection"),
            (
                Field("key", LocalText("标识", "Key"), editable=False, weight=4),
                Field("name_zh", LocalText("中文名称", "Chinese name"), weight=3),
                Field("name_en", LocalText("英文名称", "English name"), weight=3),
                Field("site", LocalText("场所", "Site"), editable=False),
                Field("driver", LocalText("驱动", "Driver"), editable=False, weight=1),
                Field("revision", LocalText("修订", "Revision"), editable=False),
            ),
        ),
    ),
    title=("key",),
    columns=("key", "name_zh", "name_en", "driver", "revision"),
    sorts=("key",),
    filters=("key", "driver"),
    icon="plug",
    group="plant",
    in_rail=False,
    importable=False,
    remove=False,
    narrow=narrow,
    placed=True,
    saved=tell,
    links=("kandelia.kernel.connections.records.connection.own_page",),
)
