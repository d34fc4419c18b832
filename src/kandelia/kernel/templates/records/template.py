"""Template (设备模板) as a record: draft, published in versions, withdrawn."""

from typing import Any
from urllib.parse import quote

from django.utils import timezone

from kandelia.base.errors import Conflict
from kandelia.base.text import LocalText
from kandelia.kernel.lives.declaration import SYSTEM, Case, Life, State, Transition
from kandelia.kernel.records.contracts import RecordView
from kandelia.kernel.records.declaration import Field, Group, RecordType
from kandelia.kernel.templates.models import Template, TemplateVersion
from kandelia.kernel.things.living import ENGINEERS
from kandelia.kernel.things.logic.paths import check_key


def check(row: Any) -> None:
    """A key that can stand in an address."""
    check_key(row.key, "key")


def derive(row: Any) -> None:
    """It belongs to whom its entry belongs to."""
    row.organisation_id = row.entry.organisation_id


def refuse_empty(case: Case) -> None:
    """A template without signals is not published."""
    if not case.record.content.get("signals"):
        raise Conflict("the template has no signals", case.record.key, "give it some first", "empty")


def keep_version(case: Case) -> None:
    """What is published is kept for good."""
    row: Any = case.record
    row.version += 1
    row.save(update_fields=["version"])
    TemplateVersion.objects.create(
        template=row, version=row.version, at=timezone.now(), by=case.viewer.subject, content=row.content
    )


def own_pages(viewer: Any, view: RecordView) -> tuple[tuple[LocalText, str], ...]:
    """Where its patterns are edited, and its machines chosen."""
    here = f"/templates/{quote(str(view.values['key']))}"
    return (
        (LocalText("测点与地址", "Signals and addresses"), here),
        (LocalText("设备实例", "Machines that use it"), f"{here}/machines"),
        (LocalText("对照与应用", "Differences, apply"), f"{here}/changes"),
    )


def _step(name: str, zh: str, en: str, sources: tuple[str, ...], target: str, **more: Any) -> Transition:
    return Transition(name, LocalText(zh, en), sources, target, more.pop("roles", ENGINEERS), **more)


LIFE = Life(
    states=(
        State("draft", LocalText("草稿", "Draft"), "start", editable_by=ENGINEERS, look="attention"),
        State("published", LocalText("已发布", "Published"), editable_by=ENGINEERS, look="good"),
        State("withdrawn", LocalText("已撤回", "Withdrawn"), "end", look="muted"),
    ),
    transitions=(
        _step(
            "publish", "发布", "Publish", ("draft",), "published", guard=refuse_empty, effect=keep_version, look="main"
        ),
        _step("revise", "修改", "Revise", ("published",), "draft", roles=(SYSTEM, *ENGINEERS), expected=False),
        _step("withdraw", "撤回", "Withdraw", ("draft", "published"), "withdrawn", expected=False, look="danger"),
        _step("restore", "恢复", "Restore", ("withdrawn",), "draft", expected=False),
    ),
)
TEMPLATE = RecordType(
    name="template",
    label=LocalText("设备模板", "Template"),
    plural=LocalText("设备模板", "Templates"),
    model=Template,
    life=LIFE,
    groups=(
        Group(
            LocalText("设备模板", "Template"),
            (
                Field(
                    "key",
                    LocalText("标识", "Key"),
                    LocalText("小写字母、数字、-", "Small letters, digits, -"),
                    weight=4,
                ),
                Field("name_zh", LocalText("中文名称", "Chinese name"), weight=3),
                Field("name_en", LocalText("英文名称", "English name"), weight=3),
                Field("version", LocalText("已发布版本", "Published version"), editable=False),
            ),
        ),
    ),
    title=("key",),
    columns=("key", "name_zh", "name_en", "version"),
    sorts=("key",),
    filters=("key",),
    create_by=ENGINEERS,
    icon="layout-template",
    group="plant",
    importable=False,
    remove=False,
    derive=derive,
    check=check,
    links=("kandelia.kernel.templates.records.template.own_pages",),
)
