"""Derived signal (计算测点) as a record: an expression, and the signal that carries its values."""

from typing import Any

from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText
from kandelia.kernel.access.facade import system_viewer
from kandelia.kernel.lives.archetypes import KEPT
from kandelia.kernel.records.contracts import RecordView
from kandelia.kernel.records.declaration import Field, Group, RecordType
from kandelia.kernel.rules import compiling
from kandelia.kernel.rules.models import Derivation
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.signals import store
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.signals.logic.checks import check_signal, signal_id

BOUNDS = {"hold_s": (1, 31 * 86_400), "lateness_s": (0, 86_400), "decimals": (0, 9)}


def check(row: Any) -> None:
    """The expression with the signals that there are; sets what follows from it."""
    organisation = row.entry.organisation_id
    compiling.check_bounds(row, BOUNDS)
    checked = compiling.compile_text(organisation, row.machine, row.expression, row.unit)
    row.compiled = compiling.compiled(checked, organisation)
    row.signal = signal_id(row.machine, row.key)
    holder = store.by_ids(organisation, [row.signal]).get(row.signal)
    if holder is not None and row.number != holder.number and not _free(holder):
        raise InvalidInput(f'"{row.signal}" is a signal already', "key", "choose another key", "exists")
    row.number = holder.number if holder else row.number
    compiling.check_cycles(organisation, row.number, row.signal, checked.inputs, row.entry_id)
    check_signal(_view(row))


def _free(holder: SignalView) -> bool:
    """A signal that a derived one made and left behind may be taken up again."""
    derived = Derivation.objects.filter(number=holder.number).exists()
    return not (derived or holder.connection) and holder.clash == "replace"


def _view(row: Any) -> SignalView:
    return SignalView(
        number=row.number or 0,
        id=row.signal,
        key=row.key,
        machine=row.machine,
        name=LocalText(row.name_zh, row.name_en),
        kind=compiling.kind_of(row),
        unit=row.unit,
        decimals=row.decimals,
        clash="replace",
    )


def tell(row: Any) -> None:
    """Its signal follows; the data plane hears of it."""
    view = signals.put_signal(system_viewer(row.entry.organisation_id), _view(row))
    if row.number != view.number:
        row.number = view.number
        row.save(update_fields=["number"])


def live_page(viewer: Any, view: RecordView) -> tuple[tuple[LocalText, str], ...]:
    """Where its values are seen."""
    number = Derivation.objects.values_list("number", flat=True).get(entry_id=view.id)
    return ((LocalText("实时值与趋势", "Values and trend"), f"/signals/{number}"),) if number else ()


DERIVED = RecordType(
    name="derived-signal",
    label=LocalText("计算测点", "Derived signal"),
    plural=LocalText("计算测点", "Derived signals"),
    model=Derivation,
    life=KEPT,
    groups=(
        Group(
            LocalText("测点", "Signal"),
            (
                Field(
                    "machine", LocalText("设备", "Machine"), LocalText("场所/区域/设备", "site/area/machine"), weight=2
                ),
                Field("key", LocalText("键", "Key"), LocalText("设备内的标识", "Its id on the machine"), weight=4),
                Field("name_zh", LocalText("中文名称", "Chinese name"), weight=3),
                Field("name_en", LocalText("英文名称", "English name"), weight=3),
                Field("unit", LocalText("单位", "Unit"), LocalText("UCUM 代码", "UCUM code")),
                Field("decimals", LocalText("小数位", "Decimals")),
            ),
        ),
        Group(
            LocalText("计算", "Calculation"),
            (
                Field(
                    "expression",
                    LocalText("表达式", "Expression"),
                    LocalText(
                        "测点写在花括号内：{power} / {flow}；窗口：avg({power}, 5m)",
                        "Signals stand in braces: {power} / {flow}; with a window: avg({power}, 5m)",
                    ),
                    lines=4,
                ),
                Field(
                    "hold_s",
                    LocalText("输入保持", "Hold"),
                    LocalText("输入值最多沿用多久", "For how long an input's last value is used"),
                    unit="s",
                ),
                Field(
                    "lateness_s",
                    LocalText("迟到容限", "Lateness"),
                    LocalText("窗口结束后等待多久", "How long a window waits after its end"),
                    unit="s",
                ),
            ),
        ),
    ),
    title=("machine", "key"),
    columns=("key", "name_zh", "name_en", "machine", "expression", "unit"),
    filters=("machine", "unit"),
    create_by=("engineer", "administrator"),
    icon="calculator",
    group="plant",
    narrow=compiling.narrow,
    placed=True,
    derive=compiling.usual,
    check=check,
    saved=tell,
    links=("kandelia.kernel.rules.records.derivation.live_page",),
)
