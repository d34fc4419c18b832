"""How the status page writes figures and spans of time."""

from datetime import datetime

from django import template
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kandelia.apps.system.logic.platform import gauge_signal
from kandelia.apps.system.logic.status import RoleRow
from kandelia.apps.system.logic.words import gauge_name
from kandelia.base.clock import from_ns
from kandelia.base.units import shown_unit

register = template.Library()
MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400
MEGA, GIGA = 1_000_000, 1_000_000_000


@register.filter
def at(ns: int) -> datetime:
    """Nanoseconds as a time that the template can format in its zone."""
    return from_ns(ns)


@register.filter
def lasted(seconds: float) -> str:
    """A span in its largest fitting unit."""
    if seconds < 2 * MINUTE_S:
        return _("%d s") % seconds
    if seconds < 2 * HOUR_S:
        return _("%d min") % (seconds / MINUTE_S)
    if seconds < 2 * DAY_S:
        return _("%d h") % (seconds / HOUR_S)
    return _("%d d") % (seconds / DAY_S)


@register.simple_tag
def figure(name: str, value: float) -> str:
    """A gauge's value with its unit; bytes in megabytes or gigabytes."""
    if name.endswith("_bytes"):
        return f"{value / GIGA:,.1f}\u2009GB" if value >= GIGA else f"{value / MEGA:,.0f}\u2009MB"
    signal = gauge_signal("", name)
    decimals = 0 if value == int(value) else signal.decimals or 2
    unit = shown_unit(signal.unit)
    return f"{value:,.{decimals}f}" + (f"\u2009{unit}" if unit else "")


@register.filter
def gauge_word(name: str) -> str:
    """What people call a figure, in the reader's language."""
    return gauge_name(name).say((get_language() or "zh")[:2])


@register.filter
def told(row: RoleRow, name: str) -> float | None:
    """A figure of a process, None where it tells none."""
    return row.gauge(name)
