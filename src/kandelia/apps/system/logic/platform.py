"""The platform as a plant of its own: its roles are machines, their gauges are signals. Pure.

So its figures are kept, drawn and asked for like any others, under the organisation "platform".
"""

import re
from dataclasses import dataclass

from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.sdk.views import Report

ORGANISATION = "platform"
SITE = "platform"
AREA = "roles"
SOURCE = "reports"  # the last word of the load subject
PERIOD_S = 5.0
GAUGES_PER_ROLE_MAX = 60
ROLES_MAX = 40
_PLAIN = re.compile(r"[a-z0-9][a-z0-9_.-]{0,58}")

ROLE_NAMES = {
    "web": LocalText("网页与接口", "Web and API"),
    "edge": LocalText("边缘采集", "Edge"),
    "history": LocalText("历史库", "History"),
    "live": LocalText("实时推送", "Live feed"),
    "jobs": LocalText("后台任务", "Jobs"),
    "bus": LocalText("消息总线", "Bus"),
}
UNITS = (  # unit word last in a gauge's name → UCUM, decimals
    ("_bytes", "By", 0),
    ("_per_s", "1/s", 1),
    ("_lag_s", "s", 2),
    ("_ms", "ms", 1),
    ("_s", "s", 2),
    ("_share", "%", 1),
    ("_percent", "%", 1),
)
GAUGE_NAMES = {
    "memory_bytes": LocalText("内存", "Memory"),
    "processor_percent": LocalText("处理器占用", "Processor"),
    "restarts": LocalText("重启次数", "Restarts"),
    "troubles": LocalText("故障数", "Troubles"),
    "recorder_lag_s": LocalText("记录滞后", "Recorder lag"),
    "rows_per_s": LocalText("写入速率", "Rows written"),
    "samples_per_s": LocalText("采样速率", "Samples"),
    "sockets": LocalText("实时连接数", "Live sockets"),
    "sockets_dropped": LocalText("断开的慢连接", "Slow sockets dropped"),
    "values_sent_per_s": LocalText("推送速率", "Values sent"),
    "quarantined": LocalText("隔离批次", "Quarantined"),
    "edge_stream_messages": LocalText("采集流待记录", "Waiting in the edge stream"),
    "load_stream_messages": LocalText("导入流待记录", "Waiting in the load stream"),
}


@dataclass(frozen=True, slots=True)
class GaugeSignal:
    """A gauge as a signal to be defined."""

    role: str
    key: str
    name: LocalText
    unit: str
    decimals: int
    kind: Kind = Kind.FLOAT

    @property
    def id(self) -> str:
        """As signals have it: site.area.machine.key."""
        return f"{SITE}.{AREA}.{self.role}.{self.key}"


def gauge_signal(role: str, gauge: str) -> GaugeSignal:
    """How a gauge is defined: its unit stands last in its name."""
    unit, decimals = next(((ucum, shown) for end, ucum, shown in UNITS if gauge.endswith(end)), ("", 0))
    words = gauge.replace("_", " ")
    return GaugeSignal(role, gauge, GAUGE_NAMES.get(gauge, LocalText("", words.capitalize())), unit, decimals)


def figures(report: Report) -> dict[str, float]:
    """What is recorded of a report: its finite gauges with plain names, and how many troubles it has."""
    if not _PLAIN.fullmatch(report.role):
        return {}
    finite = {name: value for name, value in sorted(report.gauges.items()) if _plain(name) and abs(value) < 1e300}
    kept = dict(list(finite.items())[:GAUGES_PER_ROLE_MAX])
    return {**kept, "troubles": float(len(report.troubles))}


def _plain(name: str) -> bool:
    return _PLAIN.fullmatch(name) is not None and name[-1] not in "._-"


def role_name(role: str) -> LocalText:
    """What people call a role."""
    return ROLE_NAMES.get(role, LocalText(role, role))
