"""Signal (测点) as a record: its list, page, form and history. Numbers are the ones that samples carry."""

from typing import Any

from django.utils import timezone

from kandelia.base.errors import InvalidInput
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Right
from kandelia.kernel.connections import outbox
from kandelia.kernel.connections.contracts import UNCONNECTED
from kandelia.kernel.lives.archetypes import KEPT
from kandelia.kernel.lives.declaration import Case, State, Transition
from kandelia.kernel.records.contracts import RecordView
from kandelia.kernel.records.declaration import Field, Group, RecordType
from kandelia.kernel.signals import store
from kandelia.kernel.signals.logic.checks import check_signal
from kandelia.kernel.signals.models import Signal, SignalVersion

ENGINEERS = ("engineer", "administrator")
KINDS = (
    (int(Kind.FLOAT), LocalText("浮点", "Float")),
    (int(Kind.INTEGER), LocalText("整数", "Integer")),
    (int(Kind.BOOLEAN), LocalText("布尔", "Boolean")),
    (int(Kind.TEXT), LocalText("文本", "Text")),
    (int(Kind.ENUMERATION), LocalText("枚举", "Enumeration")),
)
CLASHES = (
    ("keep", LocalText("都保留", "Keep both")),
    ("replace", LocalText("后到的替换", "The later replaces")),
)


def check(row: Any) -> None:
    """What every writer of signals keeps to."""
    try:
        check_signal(store.view_of(row))
    except InvalidInput as error:
        raise InvalidInput(error.what, error.where.rpartition(", ")[2], error.mend, error.code) from error


def tell(row: Any) -> None:
    """The data plane hears of it, and a new meaning begins a dated version."""
    last = row.versions.order_by("since_at").last()
    if last is None or (last.kind, last.unit) != (row.kind, row.unit):
        SignalVersion.objects.create(signal=row, since_at=timezone.now(), kind=row.kind, unit=row.unit)
    outbox.mark(row.organisation_id, [row.connection.key if row.connection and row.active else UNCONNECTED])


def switch(case: Case) -> None:
    """A retired signal is read no longer; what is stored stays."""
    row: Any = case.record
    row.active = case.transition.target == "active"
    row.save(update_fields=["active"])
    outbox.mark(row.organisation_id, [row.connection.key] if row.connection else [])
    outbox.mark(row.organisation_id, [UNCONNECTED])


def live_page(viewer: Any, view: RecordView) -> tuple[tuple[LocalText, str], ...]:
    """Where its values are seen."""
    number = Signal.objects.values_list("number", flat=True).get(entry_id=view.id)
    return ((LocalText("实时值与趋势", "Values and trend"), f"/signals/{number}"),)


def narrow(viewer: Any, rows: Any) -> Any:
    """Those at the places of whoever sees only places."""
    return store.within(rows, viewer.organisation, viewer.reach(Right.SEE))


SIGNAL = RecordType(
    name="signal",
    label=LocalText("测点", "Signal"),
    plural=LocalText("测点", "Signals"),
    model=Signal,
    life=KEPT.but(
        states=(State("active", LocalText("在用", "In use"), "start", editable_by=ENGINEERS),),
        transitions=(
            Transition(
                "retire", LocalText("停用", "Retire"), ("active",), "retired", ENGINEERS, effect=switch, expected=False
            ),
            Transition(
                "restore",
                LocalText("恢复", "Restore"),
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
            LocalText("测点", "Signal"),
            (
                Field("number", LocalText("编号", "Number"), editable=False),
                Field("id", LocalText("标识", "Id"), editable=False, weight=4),
                Field("name_zh", LocalText("中文名称", "Chinese name"), weight=3),
                Field("name_en", LocalText("英文名称", "English name"), weight=3),
                Field("machine", LocalText("设备", "Machine"), editable=False),
            ),
        ),
        Group(
            LocalText("含义", "Meaning"),
            (
                Field(
                    "kind",
                    LocalText("类型", "Type"),
                    LocalText("更改即开始新的版本", "A change begins a dated version"),
                    choices=KINDS,
                ),
                Field("unit", LocalText("单位", "Unit"), LocalText("UCUM 代码", "UCUM code")),
                Field("decimals", LocalText("小数位", "Decimals")),
                Field("low", LocalText("正常下限", "Normal from")),
                Field("high", LocalText("正常上限", "Normal to")),
            ),
        ),
        Group(
            LocalText("来源", "Source"),
            (
                Field("connection", LocalText("连接", "Connection"), editable=False),
                Field("address", LocalText("地址", "Address"), weight=1),
                Field("period_ms", LocalText("周期（毫秒）", "Period (ms)")),
                Field("clash", LocalText("同时刻不同值", "Two values at one time"), choices=CLASHES),
                Field("retention", LocalText("保存等级", "Retention class")),
            ),
        ),
        Group(
            LocalText("设定", "Commands"),
            (
                Field(
                    "writable",
                    LocalText("可下发", "May be commanded"),
                    LocalText("允许操作员设定此值", "Operators may set this value at the device"),
                ),
                Field("command_low", LocalText("设定下限", "Commanded from")),
                Field("command_high", LocalText("设定上限", "Commanded to")),
                Field(
                    "step_max",
                    LocalText("单次最大变化", "Largest change at once"),
                    LocalText("留空即不限", "Empty: any"),
                ),
                Field("rate_s", LocalText("最小间隔（秒）", "Least time between two (s)"), required=False),
                Field("second_person", LocalText("须第二人批准", "A second person must approve")),
            ),
        ),
    ),
    title=("id",),
    columns=("id", "name_zh", "name_en", "kind", "unit", "period_ms", "connection", "address"),
    sorts=("id",),
    filters=("id", "kind", "unit", "clash", "retention"),
    icon="activity",
    group="plant",
    in_rail=False,
    importable=False,
    remove=False,
    narrow=narrow,
    placed=True,
    check=check,
    saved=tell,
    links=("kandelia.kernel.signals.records.signal.live_page",),
)
