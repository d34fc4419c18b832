"""Rows of templates and instances as views, always within one organisation."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Count, Q, QuerySet

from kandelia.base.errors import NotFound
from kandelia.base.text import LocalText
from kandelia.kernel.signals import store as signals
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.signals.logic.checks import signal_id
from kandelia.kernel.templates.definitions import InstanceView, TemplateView, VersionView
from kandelia.kernel.templates.logic import documents
from kandelia.kernel.templates.logic.expanding import Place
from kandelia.kernel.templates.models import Template, TemplateInstance, TemplateVersion

IN_USE = Q(entry__state="active")


def view(row: Template, instances: int = 0) -> TemplateView:
    """A template with its entry at hand."""
    return TemplateView(
        key=row.key,
        name=LocalText(row.name_zh, row.name_en),
        parameters=tuple(documents.parameter_of(one) for one in row.content.get("parameters", ())),
        signals=tuple(documents.signal_of(one) for one in row.content.get("signals", ())),
        version=row.version,
        state=row.entry.state,
        instances=instances,
        record=row.entry_id,
    )


def templates(organisation: str) -> tuple[TemplateView, ...]:
    """All by key, with how many machines use each."""
    rows = Template.objects.filter(organisation_id=organisation).select_related("entry")
    counted = rows.annotate(used=Count("instances", filter=Q(instances__entry__state="active")))
    return tuple(view(row, row.used) for row in counted.order_by("key"))


def row(organisation: str, key: str, *, lock: bool = False) -> Template:
    """One, or NotFound."""
    rows = Template.objects.select_for_update() if lock else Template.objects.select_related("entry")
    found = rows.filter(organisation_id=organisation, key=key).first()
    if found is None:
        raise NotFound(f'there is no template "{key[:80]}"', "template", "see the list of templates", "not-found")
    return found


def versions(row: Template) -> tuple[VersionView, ...]:
    """The newest first."""
    found = row.versions.order_by("-version")
    return tuple(VersionView(one.version, one.at, one.by, len(one.content["signals"])) for one in found)


def instance_rows(organisation: str, machines: Sequence[str] = (), **narrowed: Any) -> QuerySet[TemplateInstance]:
    """Rows in use, by the path of their machine."""
    rows = TemplateInstance.objects.filter(IN_USE, template__organisation_id=organisation, **narrowed)
    rows = rows.select_related("template", "machine__line", "connection")
    return (rows.filter(machine__path__in=machines) if machines else rows).order_by("machine__path")


def instance_view(row: TemplateInstance) -> InstanceView:
    """An instance whose template, machine and connection are at hand."""
    return InstanceView(
        template=row.template.key,
        machine=row.machine.path,
        connection=row.connection.key if row.connection else "",
        values=row.values,
        overrides=row.overrides,
        version=row.version,
    )


def place(row: TemplateInstance) -> Place:
    """Where it stands."""
    return Place(row.machine.path, row.machine.line.key if row.machine.line else "")


def managed_keys(template: Template, versions: set[int]) -> dict[int, tuple[str, ...]]:
    """By version: the keys of its signals, which are an instance's own while it runs that version."""
    rows = TemplateVersion.objects.filter(template=template, version__in=versions)
    return {one.version: tuple(signal["key"] for signal in one.content["signals"]) for one in rows}


def signals_there(organisation: str, ids: set[str]) -> dict[str, SignalView]:
    """The signals there are of these."""
    return signals.by_ids(organisation, ids)


def ids_of(machine: str, keys: Sequence[str]) -> list[str]:
    """Ids of a machine's signals."""
    return [signal_id(machine, key) for key in keys]
