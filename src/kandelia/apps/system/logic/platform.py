"""The platform as a plant of its own: its roles are machines, their gauges are signals. Pure.

So its figures are kept, drawn and asked for like any others, under the organisation "platform".
"""

import re
from dataclasses import dataclass

from kandelia.apps.system.logic.words import gauge_name
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

UNITS = (  # unit word last in a gauge's name → UCUM, decimals
    ("_bytes", "By", 0),
    ("_per_s", "1/s", 1),
    ("_lag_s", "s", 2),
    ("_ms", "ms", 1),
    ("_s", "s", 2),
    ("_share", "%", 1),
    ("_percent", "%", 1),
)


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
    return GaugeSignal(role, gauge, gauge_name(gauge), unit, decimals)


def figures(report: Report) -> dict[str, float]:
    """What is recorded of a report: its finite gauges with plain names, and how many troubles it has."""
    if not _PLAIN.fullmatch(report.role):
        return {}
    finite = {name: value for name, value in sorted(report.gauges.items()) if _plain(name) and abs(value) < 1e300}
    kept = dict(list(finite.items())[:GAUGES_PER_ROLE_MAX])
    return {**kept, "troubles": float(len(report.troubles))}


def _plain(name: str) -> bool:
    return _PLAIN.fullmatch(name) is not None and name[-1] not in "._-"
