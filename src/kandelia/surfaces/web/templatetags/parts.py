"""Small parts that every page uses: icons, marks, numbers, times, fields."""

import json
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from kandelia.base.quality import Severity, detail, severity
from kandelia.kernel.access.contracts import Role
from kandelia.surfaces.web.fields import Field

register = template.Library()
ICONS_FILE = Path(__file__).parents[1] / "static" / "vendor" / "lucide" / "icons.json"
THIN_SPACE = "\u2009"
MINUS = "\u2212"
AGENT_LENGTH_MAX = 60
# Every browser names those it descends from too, so the youngest is asked for first.
BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
STATES = {
    "running": ("●", _("running")),
    "idle": ("◌", _("idle")),
    "uncertain": ("◐", _("uncertain")),
    "warning": ("▲", _("warning")),
    "alarm": ("◆", _("alarm")),
    "stopped": ("○", _("stopped")),
    "stale": ("╌", _("stale")),
    "none": ("·", _("no value yet")),
}
QUALITIES = {
    Severity.GOOD: ("", _("good")),
    Severity.UNCERTAIN: ("◐", _("uncertain")),
    Severity.BAD: ("⊘", _("bad")),
}
ROLES = {
    Role.ADMINISTRATOR: _("Administrator"),
    Role.ENGINEER: _("Engineer"),
    Role.OPERATOR: _("Operator"),
    Role.VIEWER: _("Viewer"),
    Role.MEMBER: _("Only what is granted"),
}


@cache
def _icons() -> dict[str, str]:
    return json.loads(ICONS_FILE.read_text()) if ICONS_FILE.exists() else {}


@register.simple_tag
def icon(name: str) -> SafeString:
    """The lucide icon of this name, drawn in the colour of the text around it; it says nothing to a screen reader."""
    inner = _icons().get(name, "")
    return mark_safe(f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{inner}</svg>')  # noqa: S308


@register.simple_tag
def state_mark(state: str) -> SafeString:
    """A state as shape, word and colour."""
    shape, word = STATES.get(state, STATES["none"])
    return format_html(
        '<span class="state" data-state="{}"><span class="state-shape" aria-hidden="true">{}</span> {}</span>',
        state,
        shape,
        word,
    )


@register.simple_tag
def quality_mark(quality: int) -> SafeString:
    """Nothing where the quality is good, else shape and word, with the code's name on hover."""
    kind = severity(quality)
    if kind is Severity.GOOD:
        return mark_safe("")
    shape, word = QUALITIES[kind]
    return format_html(
        '<span class="quality" data-quality="{}" title="{}"><span aria-hidden="true">{}</span> {}</span>',
        kind.name.lower(),
        detail(quality),
        shape,
        word,
    )


@register.simple_tag
def figure(value: float | int | None, unit: str = "", decimals: int = 0) -> SafeString:
    """A number with its unit: grouped, a true minus, a thin space; a dash where there is none."""
    if value is None:
        return mark_safe('<span class="num">–</span>')
    text = f"{value:,.{decimals}f}".replace("-", MINUS)
    return format_html('<span class="num">{}{}</span>', text, f"{THIN_SPACE}{unit}" if unit else "")


@register.simple_tag(takes_context=True)
def moment(context: dict[str, Any], at: datetime | None, zone: str = "", age: bool = True) -> SafeString:
    """A time in the site's zone with the zone on hover, and how long ago beside it."""
    if at is None:
        return mark_safe("–")
    frame = context.get("frame")
    local = at.astimezone(_zone(zone or (frame.time_zone if frame else "")))
    beside = format_html(' <span class="age">{}</span>', age_text(at)) if age else ""
    return format_html(
        '<time class="num" datetime="{}" title="{}">{}</time>{}',
        at.isoformat(),
        f"{local.tzinfo} (UTC{local:%z})",
        f"{local:%Y-%m-%d %H:%M}",
        beside,
    )


def _zone(name: str) -> Any:
    try:
        return ZoneInfo(name) if name else timezone.get_current_timezone()
    except ZoneInfoNotFoundError:
        return timezone.get_current_timezone()


def age_text(at: datetime) -> str:
    """How long ago, or how long until, in the largest unit that fits."""
    seconds = round((timezone.now() - at).total_seconds())
    size, words = _span(abs(seconds))
    return words[seconds < 0] % {"n": size}


def _span(seconds: int) -> tuple[int, tuple[str, str]]:
    if seconds < 60:
        return seconds, (ngettext("%(n)s s ago", "%(n)s s ago", seconds), ngettext("in %(n)s s", "in %(n)s s", seconds))
    if seconds < 3_600:
        n = seconds // 60
        return n, (ngettext("%(n)s min ago", "%(n)s min ago", n), ngettext("in %(n)s min", "in %(n)s min", n))
    if seconds < 172_800:
        n = seconds // 3_600
        return n, (ngettext("%(n)s h ago", "%(n)s h ago", n), ngettext("in %(n)s h", "in %(n)s h", n))
    n = seconds // 86_400
    return n, (ngettext("%(n)s day ago", "%(n)s days ago", n), ngettext("in %(n)s day", "in %(n)s days", n))


@register.filter
def role_word(role: str) -> Any:
    """A role in the reader's words."""
    return ROLES[Role(role)]


@register.filter
def browser_words(agent: str) -> str:
    """The browser and its system as people call them, from a User-Agent header; what is unknown stays as it came."""
    browser = next((word for sign, word in BROWSERS if sign in agent), "")
    system = next((word for sign, word in SYSTEMS if sign in agent), "")
    return " · ".join(filter(None, (browser, system))) if browser else agent[:AGENT_LENGTH_MAX]


@register.inclusion_tag("web/parts/field.html")
def form_field(field: Field) -> dict[str, Any]:
    """A field with label, help and error."""
    return {"field": field}


@register.inclusion_tag("web/parts/error_summary.html")
def error_summary(fields: list[Field]) -> dict[str, Any]:
    """What is wrong with a form, listed on top with links to the fields."""
    return {"wrong": [field for field in fields if field.error]}


@register.inclusion_tag("web/parts/empty.html")
def empty_state(title: str, text: str, url: str = "", action: str = "") -> dict[str, Any]:
    """What an empty list says: what would be here, and what to do next."""
    return {"title": title, "text": text, "url": url, "action": action}


@register.inclusion_tag("web/parts/pager.html")
def pager(next_query: str = "", first_query: str | None = None) -> dict[str, Any]:
    """Key-set pages: onward, and back to the start."""
    return {"next": next_query, "first": first_query}


@register.inclusion_tag("web/parts/chips.html")
def chips(filters: list[tuple[str, str, str]]) -> dict[str, Any]:
    """Filters in force as (label, value, query without it)."""
    return {"filters": filters}
