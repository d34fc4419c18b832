"""Templates for everyone else: what there is, what a change would do to the machines, and doing it."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain

from django.db import transaction

from kandelia.base.errors import Conflict, InvalidInput
from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import audit, require
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.templates import differences, store, writing
from kandelia.kernel.templates.definitions import (
    Applied,
    InstanceDifference,
    InstanceView,
    Proposal,
    TemplateView,
    VersionView,
)
from kandelia.kernel.templates.logic import differing, proposing
from kandelia.kernel.things import facade as things

WRONG_SHOWN_MAX = 5


def list_templates(viewer: Viewer) -> tuple[TemplateView, ...]:
    """All of the organisation, by key."""
    require(viewer, Right.SEE)
    return store.templates(viewer.organisation)


def template(viewer: Viewer, key: str) -> TemplateView:
    """One in its present form; NotFound also for another organisation's."""
    require(viewer, Right.SEE)
    row = store.row(viewer.organisation, key)
    return store.view(row, store.instance_rows(viewer.organisation, template=row).count())


def versions(viewer: Viewer, key: str) -> tuple[VersionView, ...]:
    """What was published, the newest first."""
    require(viewer, Right.SEE)
    return store.versions(store.row(viewer.organisation, key))


def instances(viewer: Viewer, key: str = "") -> tuple[InstanceView, ...]:
    """Where a template is used (every template where none is named), by machine."""
    require(viewer, Right.SEE)
    rows = store.instance_rows(viewer.organisation)
    rows = rows.filter(template=store.row(viewer.organisation, key)) if key else rows
    return tuple(store.instance_view(row) for row in rows)


def put_template(viewer: Viewer, view: TemplateView) -> TemplateView:
    """Make or change one; a published one is a draft again where its signals or parameters differ."""
    require(viewer, Right.CONFIGURE)
    with transaction.atomic():
        writing.put(viewer, view)
    return template(viewer, view.key)


def publish(viewer: Viewer, key: str) -> TemplateView:
    """The present form becomes the next version, which is kept; nothing is applied yet."""
    require(viewer, Right.CONFIGURE)
    with transaction.atomic():
        writing.publish(viewer, store.row(viewer.organisation, key))
    return template(viewer, key)


def put_instances(viewer: Viewer, key: str, wanted: Sequence[InstanceView]) -> int:
    """Use a template on machines, or change values and overrides there; how many were new or differed."""
    require(viewer, Right.CONFIGURE)
    with transaction.atomic():
        made, changed = writing.put_instances(viewer, store.row(viewer.organisation, key), wanted)
        if made or changed:
            details = {"made": len(made), "changed": len(changed), "first": (made + changed)[:20]}
            audit(viewer, "template.use", key, details)
    return len(made) + len(changed)


def preview(viewer: Viewer, key: str, machines: Sequence[str] = ()) -> tuple[InstanceDifference, ...]:
    """What applying the present form, published or not, would do to each of its machines (or these)."""
    require(viewer, Right.SEE)
    row = store.row(viewer.organisation, key)
    return differences.of_rows(
        viewer.organisation, row, store.instance_rows(viewer.organisation, machines, template=row)
    )


def apply(
    viewer: Viewer, key: str, machines: Sequence[str] = (), progress: Callable[[int], None] | None = None
) -> Applied:
    """Bring a published template to all its machines (or these) in one transaction; nothing where one is wrong.

    Signals that it has no longer are retired, never removed. `progress` hears of signals written.
    """
    require(viewer, Right.CONFIGURE)
    with transaction.atomic():
        row = store.row(viewer.organisation, key, lock=True)
        if row.entry.state != "published":
            raise Conflict(f'template "{key}" is not published', "template", "publish it first", "not-published")
        rows = list(store.instance_rows(viewer.organisation, machines, template=row))
        _refuse_missing(machines, [one.machine.path for one in rows])
        found = differences.of_rows(viewer.organisation, row, rows)
        _refuse_wrong(found)
        views = chain.from_iterable(differing.views(one.difference) for one in found)
        signals.put_signals(viewer, views, progress=progress)
        writing.run(viewer, rows, row.version)
        done = _applied(key, row.version, found)
        details = {"version": done.version, "instances": done.instances, "created": done.created}
        audit(viewer, "template.apply", key, {**details, "changed": done.changed, "retired": done.retired})
    return done


def proposals(viewer: Viewer, machine: str) -> tuple[Proposal, ...]:
    """Which parts of a machine's addresses may become parameters."""
    view = things.machine(viewer, machine)
    return proposing.proposals(signals.of_machine(viewer, machine), view.path, view.line)


def template_of_machine(
    viewer: Viewer, machine: str, key: str, name: LocalText, chosen: Iterable[Proposal]
) -> TemplateView:
    """Make a published template of the signals that a machine has, and let the machine itself use it."""
    require(viewer, Right.CONFIGURE)
    found, chosen = [view for view in signals.of_machine(viewer, machine) if view.active], tuple(chosen)
    if not found:
        raise InvalidInput("the machine has no signals", machine, "choose one that has", "empty")
    if key in {view.key for view in store.templates(viewer.organisation)}:
        raise Conflict(f'there is a template "{key}"', "key", "choose another key", "exists")
    view, connection = proposing.template_of(key, name, found, chosen)
    own = {one.name for one in view.parameters}
    values = {one.parameter: one.text for one in chosen if one.parameter in own}
    with transaction.atomic():
        put_template(viewer, view)
        publish(viewer, key)
        put_instances(viewer, key, [InstanceView(key, machine, connection, values)])
        apply(viewer, key, [machine])
    return template(viewer, key)


def _refuse_missing(wanted: Sequence[str], found: list[str]) -> None:
    if missing := sorted(set(wanted) - set(found)):
        mend = "see the machines that use it"
        raise InvalidInput(f'"{missing[0][:200]}" does not use this template', "machines", mend, "no-instance")


def _refuse_wrong(found: Iterable[InstanceDifference]) -> None:
    wrong = [one.wrong for one in found if one.wrong]
    if wrong:
        more = f" (and {len(wrong) - WRONG_SHOWN_MAX} more)" if len(wrong) > WRONG_SHOWN_MAX else ""
        text = "; ".join(wrong[:WRONG_SHOWN_MAX])
        raise InvalidInput(f"nothing was applied: {text}{more}", "template", "", "wrong-instances")


def _applied(key: str, version: int, found: Sequence[InstanceDifference]) -> Applied:
    parts = [one.difference for one in found]
    counts = (sum(len(getattr(part, name)) for part in parts) for name in ("added", "changed", "retired"))
    return Applied(key, version, len(found), *counts)
