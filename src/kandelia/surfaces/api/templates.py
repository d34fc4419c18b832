"""Templates of signals: shown, changed, published, put on machines, compared and applied."""

from dataclasses import asdict
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from kandelia.kernel.templates import facade
from kandelia.kernel.templates.definitions import InstanceDifference, InstanceView, TemplateView
from kandelia.kernel.templates.logic.documents import template_document, template_of
from kandelia.surfaces.api.answering import viewer_of

router = Router(tags=["templates"])
MACHINES_MAX = 5_000
Machines = Annotated[list[str], Field(max_length=MACHINES_MAX)]


class TemplateBody(Schema):
    """A template as a site file writes it; signals' addresses, connections and names are patterns."""

    name: dict[str, str] | str | None = None
    parameters: list[dict[str, Any]] = []
    signals: list[dict[str, Any]] = []


class UseBody(Schema):
    """A machine that uses a template; `overrides` hold fields by signal key."""

    machine: Annotated[str, Field(max_length=200)]
    connection: Annotated[str, Field(max_length=60)] = ""
    values: dict[str, str] = {}
    overrides: dict[str, dict[str, Any]] = {}


class UsesBody(Schema):
    """Machines that shall use a template."""

    items: Annotated[list[UseBody], Field(max_length=MACHINES_MAX)]


class ApplyBody(Schema):
    """Which machines; all where none is named."""

    machines: Machines = []


@router.get("/templates", response=dict[str, Any])
def list_templates(request: HttpRequest) -> dict[str, Any]:
    """Every template of the organisation, by key."""
    return {"items": [_summary(view) for view in facade.list_templates(viewer_of(request))]}


@router.get("/templates/{key}", response=dict[str, Any])
def template(request: HttpRequest, key: str) -> dict[str, Any]:
    """One with its parameters and signals, and its versions."""
    viewer = viewer_of(request)
    versions = [{**asdict(one), "at": one.at.isoformat()} for one in facade.versions(viewer, key)]
    return {**_whole(facade.template(viewer, key)), "versions": versions}


@router.put("/templates/{key}", response=dict[str, Any])
def put_template(request: HttpRequest, key: str, body: TemplateBody) -> dict[str, Any]:
    """Make or change one; what was published is a draft then, and nothing is applied."""
    view = template_of({"key": key, **body.dict()})
    return _whole(facade.put_template(viewer_of(request), view))


@router.post("/templates/{key}/publish", response=dict[str, Any])
def publish(request: HttpRequest, key: str) -> dict[str, Any]:
    """The draft becomes the next version."""
    return _summary(facade.publish(viewer_of(request), key))


@router.get("/templates/{key}/machines", response=dict[str, Any])
def machines(request: HttpRequest, key: str) -> dict[str, Any]:
    """The machines that use it, with values, overrides and the version each runs."""
    return {"items": [asdict(one) for one in facade.instances(viewer_of(request), key)]}


@router.put("/templates/{key}/machines", response=dict[str, Any])
def put_machines(request: HttpRequest, key: str, body: UsesBody) -> dict[str, Any]:
    """Let machines use it, or change their values and overrides; those not named stay as they are."""
    wanted = [InstanceView(key, one.machine, one.connection, one.values, one.overrides) for one in body.items]
    return {"changed": facade.put_instances(viewer_of(request), key, wanted)}


@router.get("/templates/{key}/differences", response=dict[str, Any])
def differences(request: HttpRequest, key: str) -> dict[str, Any]:
    """What applying the present form would do, machine by machine."""
    return {"items": [_difference(one) for one in facade.preview(viewer_of(request), key)]}


@router.post("/templates/{key}/apply", response=dict[str, Any])
def apply(request: HttpRequest, key: str, body: ApplyBody) -> dict[str, Any]:
    """Bring the published version to all its machines or to those named: all or nothing."""
    return asdict(facade.apply(viewer_of(request), key, body.machines))


def _summary(view: TemplateView) -> dict[str, Any]:
    counts = {"signals": len(view.signals), "instances": view.instances}
    return {"key": view.key, "name": asdict(view.name), "state": view.state, "version": view.version, **counts}


def _whole(view: TemplateView) -> dict[str, Any]:
    document = template_document(view)
    content = {"parameters": document.get("parameters", []), "signals": document.get("signals", [])}
    return {**_summary(view), "content": content}


def _difference(one: InstanceDifference) -> dict[str, Any]:
    part = one.difference
    return {
        "machine": one.instance.machine,
        "version": one.instance.version,
        "wrong": one.wrong,
        "added": [{"id": view.id, "address": view.address} for view in part.added],
        "changed": [{"id": found.after.id, "fields": list(map(asdict, found.fields))} for found in part.changed],
        "retired": [view.id for view in part.retired],
    }
