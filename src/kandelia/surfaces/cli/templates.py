"""Templates of signals: list, show, what applying would do, apply."""

from dataclasses import asdict
from typing import Any

import click

from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.templates import facade
from kandelia.kernel.templates.definitions import InstanceDifference, InstanceView, TemplateView
from kandelia.kernel.templates.logic.documents import template_document
from kandelia.kernel.templates.logic.site_text import text_of
from kandelia.surfaces.cli.options import json_option, organisation_options, say_json, say_table

MACHINES = click.argument("machines", nargs=-1)


@click.group()
def group() -> None:
    """Templates of signals, and the machines that use them."""


@group.command("list")
@organisation_options
@json_option
def list_(viewer: Viewer, as_json: bool) -> None:
    """Every template."""
    found = facade.list_templates(viewer)
    if as_json:
        say_json([_summary(view) for view in found])
        return
    rows = (
        (one.key, one.name.say(viewer.language), one.state, str(one.version), str(len(one.signals)), str(one.instances))
        for one in found
    )
    say_table(("KEY", "NAME", "STATE", "VERSION", "SIGNALS", "MACHINES"), rows)


@group.command()
@click.argument("key")
@organisation_options
@json_option
def show(key: str, viewer: Viewer, as_json: bool) -> None:
    """One template as a site file writes it, its versions, the machines that use it and the version each runs."""
    view, used, kept = facade.template(viewer, key), facade.instances(viewer, key), facade.versions(viewer, key)
    if as_json:
        versions = [{**asdict(one), "at": one.at.isoformat()} for one in kept]
        instances = [asdict(one) for one in used]
        say_json({**_summary(view), "content": template_document(view), "versions": versions, "instances": instances})
        return
    click.echo(text_of({"templates": [template_document(view)]}), nl=False)
    click.echo(f"\n{view.state}, version {view.version}, on {len(used)} machines")
    if used:
        say_table(("MACHINE", "CONNECTION", "VERSION", "VALUES"), map(_used, used))


@group.command()
@click.argument("key")
@organisation_options
@json_option
def publish(key: str, viewer: Viewer, as_json: bool) -> None:
    """Make the draft of a template its next version; nothing is applied yet."""
    view = facade.publish(viewer, key)
    say_json(_summary(view)) if as_json else click.echo(f"{key}: version {view.version}")


@group.command()
@click.argument("key")
@MACHINES
@click.option("--dry-run", is_flag=True, help="Apply nothing; say what would change.")
@organisation_options
@json_option
def apply(key: str, machines: tuple[str, ...], dry_run: bool, viewer: Viewer, as_json: bool) -> None:
    """Bring a published template to all its machines, or to MACHINES (site/area/machine), all or nothing."""
    if dry_run:
        found = facade.preview(viewer, key, machines)
        say_json([_difference(one) for one in found]) if as_json else _say(found)
        return
    done = facade.apply(viewer, key, machines)
    if as_json:
        say_json(done)
        return
    click.echo(
        f"version {done.version} on {done.instances} machines; signals: {done.created} new, "
        f"{done.changed} changed, {done.retired} retired"
    )


def _summary(view: TemplateView) -> dict[str, Any]:
    counts = {"signals": len(view.signals), "instances": view.instances}
    return {"key": view.key, "name": asdict(view.name), "state": view.state, "version": view.version, **counts}


def _used(one: InstanceView) -> tuple[str, ...]:
    values = ", ".join(f"{name}={value}" for name, value in one.values.items())
    return one.machine, one.connection, str(one.version), values


def _difference(one: InstanceDifference) -> dict[str, Any]:
    part = one.difference
    return {
        "machine": one.instance.machine,
        "version": one.instance.version,
        "wrong": one.wrong,
        "added": [view.id for view in part.added],
        "changed": [{"id": found.after.id, "fields": list(map(asdict, found.fields))} for found in part.changed],
        "retired": [view.id for view in part.retired],
    }


def _say(found: tuple[InstanceDifference, ...]) -> None:
    for one in found:
        part = one.difference
        if one.wrong:
            click.echo(f"! {one.wrong}")
        for view in part.added:
            click.echo(f"+ {view.id}  {view.address}")
        for changed in part.changed:
            for it in changed.fields:
                click.echo(f"~ {changed.after.id}  {it.name}: {it.before or '–'} → {it.after or '–'}")
        for view in part.retired:
            click.echo(f"- {view.id} (retired)")
    counts = [sum(len(getattr(one.difference, name)) for one in found) for name in ("added", "changed", "retired")]
    click.echo(f"{len(found)} machines; signals: {counts[0]} new, {counts[1]} changed, {counts[2]} retired")
