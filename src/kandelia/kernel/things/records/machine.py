"""Machine (设备) as a record."""

from typing import Any
from urllib.parse import quote

from kandelia.base.text import LocalText
from kandelia.kernel.records.contracts import RecordView
from kandelia.kernel.records.declaration import Field
from kandelia.kernel.things.declaring import level
from kandelia.kernel.things.models import Machine


def below(row: Any) -> str:
    """Nothing of this room hangs on a machine."""
    return ""


def live_page(viewer: Any, view: RecordView) -> tuple[tuple[LocalText, str], ...]:
    """Where its values are seen."""
    path = quote(str(view.values["path"]))
    return (
        (LocalText("实时值与趋势", "Values and trend"), f"/machines/{path}"),
        (LocalText("做成模板", "Make a template"), f"/template-of-machine?machine={path}"),
    )


MACHINE = level(
    Machine,
    "machine",
    LocalText("设备", "Machine"),
    LocalText("设备", "Machines"),
    (
        Field("area", LocalText("区域", "Area"), editable=False),
        Field("line", LocalText("产线", "Line"), editable=False),
    ),
    (
        Field("kind", LocalText("类别", "Kind"), LocalText("如 reflow-oven", "Such as reflow-oven"), weight=1),
        Field(
            "state_signal",
            LocalText("状态测点", "State signal"),
            LocalText("表示其状态的枚举测点", "Key of the enumeration that tells its state"),
        ),
    ),
    below=below,
    icon="cpu",
    filters=("kind",),
    links=("kandelia.kernel.things.records.machine.live_page",),
)
