"""A template on a machine (模板实例) as a record: which machine runs which version, with which values."""

from typing import Any
from urllib.parse import quote

from kandelia.base.text import LocalText
from kandelia.kernel.lives.archetypes import KEPT
from kandelia.kernel.lives.declaration import State, Transition
from kandelia.kernel.records.contracts import RecordView
from kandelia.kernel.records.declaration import Field, Group, RecordType
from kandelia.kernel.templates.models import TemplateInstance
from kandelia.kernel.things.living import ENGINEERS


def own_pages(viewer: Any, view: RecordView) -> tuple[tuple[LocalText, str], ...]:
    """What applying would do."""
    return (
        (LocalText("对照与应用", "Differences, apply"), f"/templates/{quote(str(view.values['template']))}/changes"),
    )


TEMPLATE_INSTANCE = RecordType(
    name="template-instance",
    label=LocalText("模板实例", "Template on a machine"),
    plural=LocalText("模板实例", "Templates on machines"),
    model=TemplateInstance,
    life=KEPT.but(
        states=(State("active", LocalText("在用", "In use"), "start"),),
        transitions=(
            Transition(
                "retire", LocalText("脱离模板", "Leave the template"), ("active",), "retired", ENGINEERS, expected=False
            ),
            Transition("restore", LocalText("恢复", "Restore"), ("retired",), "active", ENGINEERS, expected=False),
        ),
    ),
    groups=(
        Group(
            LocalText("模板实例", "Template on a machine"),
            (
                Field("template", LocalText("设备模板", "Template"), editable=False, weight=2),
                Field("machine", LocalText("设备", "Machine"), editable=False, weight=2),
                Field("connection", LocalText("连接", "Connection"), editable=False),
                Field("version", LocalText("运行版本", "Version it runs"), editable=False),
                Field("values", LocalText("参数", "Parameters"), editable=False),
                Field("overrides", LocalText("例外", "Overrides"), editable=False),
            ),
        ),
    ),
    title=("template", "machine"),
    columns=("template", "machine", "connection", "version"),
    filters=("version",),
    icon="copy",
    group="plant",
    in_rail=False,
    importable=False,
    remove=False,
    links=("kandelia.kernel.templates.records.template_instance.own_pages",),
)
