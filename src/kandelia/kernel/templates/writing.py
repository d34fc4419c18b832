"""Templates and instances written, within one organisation.

Callers hold the transaction and have asked for the right.
"""

from collections.abc import Iterable, Sequence

from kandelia.base.errors import Conflict, InvalidInput
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.connections import store as connections
from kandelia.kernel.records import acting, entries, writing
from kandelia.kernel.templates import store
from kandelia.kernel.templates.definitions import InstanceView, TemplateView
from kandelia.kernel.templates.logic import documents
from kandelia.kernel.templates.logic.expanding import Place, values_of
from kandelia.kernel.templates.models import Template, TemplateInstance
from kandelia.kernel.templates.records.template import TEMPLATE
from kandelia.kernel.templates.records.template_instance import TEMPLATE_INSTANCE
from kandelia.kernel.things import store as things

Counted = tuple[list[str], list[str]]  # made, changed


def put(viewer: Viewer, view: TemplateView) -> str:
    """Make or change a template: "made", "changed" or "" where it was so already. A published one is a draft then."""
    documents.check_template(view)
    content = documents.content(view)
    row = Template.objects.filter(organisation_id=viewer.organisation, key=view.key).select_related("entry").first()
    if row is None:
        names = {"key": view.key, "name_zh": view.name.zh, "name_en": view.name.en}
        writing.add(viewer, TEMPLATE, Template(content=content, **names))
        return "made"
    if row.entry.state == "withdrawn":
        raise Conflict(f'template "{view.key}" is withdrawn', "template", "restore it first", "withdrawn")
    names = {"name_zh": view.name.zh, "name_en": view.name.en}
    if row.content == content and (row.name_zh, row.name_en) == (view.name.zh, view.name.en):
        return ""
    if row.content != content and row.entry.state == "published":
        acting.take(viewer, TEMPLATE, row, TEMPLATE.life.transition("revise"))
    writing.save_fields(viewer, TEMPLATE, row, {**names, "content": content})
    return "changed"


def publish(viewer: Viewer, row: Template) -> None:
    """The draft becomes the next version."""
    if row.entry.state == "published":
        return
    if row.entry.state != "draft":
        raise Conflict(f'template "{row.key}" is withdrawn', "template", "restore it first", "withdrawn")
    step = TEMPLATE.life.transition("publish")
    acting.take(viewer, TEMPLATE, row, step)


def put_instances(viewer: Viewer, template: Template, wanted: Sequence[InstanceView]) -> Counted:
    """Put a template on machines, or change values and overrides there; paths that were new and that differed."""
    machines = {row.path: row for row in things.machines_of(viewer.organisation)}
    links, view = connections.keys(viewer.organisation), store.view(template)
    there = {row.machine_id: row for row in TemplateInstance.objects.filter(template=template).select_related("entry")}
    fresh: list[TemplateInstance] = []
    changed: list[tuple[TemplateInstance, dict[str, list[str]]]] = []
    for one in wanted:
        machine = machines.get(one.machine)
        if machine is None:
            raise InvalidInput(f'there is no machine "{one.machine[:200]}"', "machine", "make it first", "no-machine")
        if one.connection and one.connection not in links:
            raise InvalidInput(f'there is no connection "{one.connection[:60]}"', one.machine, "make it first")
        values_of(view, one, Place(one.machine))  # refuses parameters that there are not
        for key, fields in one.overrides.items():
            _refuse_unknown(view, one, key, fields)
        fields = {
            "connection_id": links[one.connection] if one.connection else None,
            "values": dict(one.values),
            "overrides": {key: dict(fields) for key, fields in one.overrides.items()},
        }
        row = there.get(machine.pk)
        if row is None:
            row = there[machine.pk] = TemplateInstance(template=template, machine=machine, **fields)
            fresh.append(row)
        elif differing := _differing(row, fields):
            for name, value in fields.items():
                setattr(row, name, value)
            changed.append((row, differing))
    _save(viewer, fresh, changed)
    return [row.machine.path for row in fresh], [row.machine.path for row, _ in changed]


def run(viewer: Viewer, rows: Iterable[TemplateInstance], version: int) -> None:
    """These instances run a version now."""
    differing = [(row, {"version": [str(row.version), str(version)]}) for row in rows if row.version != version]
    for row, _ in differing:
        row.version = version
    TemplateInstance.objects.bulk_update([row for row, _ in differing], ["version"], batch_size=entries.CHUNK_ROWS)
    entries.follow(TEMPLATE_INSTANCE, differing, viewer.subject)


def _refuse_unknown(view: TemplateView, one: InstanceView, key: str, fields: object) -> None:
    signal = next((signal for signal in view.signals if signal.key == key), None)
    if signal is None:
        mend = "name a signal of the template"
        raise InvalidInput(f'the template has no signal "{key[:60]}"', one.machine, mend, "no-signal")
    documents.override(signal, fields if isinstance(fields, dict) else dict(fields or {}))  # type: ignore[call-overload]


def _differing(row: TemplateInstance, fields: dict[str, object]) -> dict[str, list[str]]:
    found = {
        name: [str(getattr(row, name)), str(value)] for name, value in fields.items() if getattr(row, name) != value
    }
    return found | ({"state": [row.entry.state, "active"]} if row.entry.state != "active" else {})


def _save(
    viewer: Viewer, fresh: list[TemplateInstance], changed: list[tuple[TemplateInstance, dict[str, list[str]]]]
) -> None:
    entries.make(TEMPLATE_INSTANCE, fresh, viewer.organisation, viewer.subject)
    TemplateInstance.objects.bulk_create(fresh, batch_size=entries.CHUNK_ROWS)
    columns = ["connection", "values", "overrides"]
    TemplateInstance.objects.bulk_update([row for row, _ in changed], columns, batch_size=entries.CHUNK_ROWS // 2)
    entries.follow(TEMPLATE_INSTANCE, changed, viewer.subject)
