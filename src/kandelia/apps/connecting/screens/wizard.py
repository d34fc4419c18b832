"""Add a connection: choose a protocol, find and try a device, choose what to collect, see it live, save."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from kandelia.apps.connecting.logic.drafts import (
    KINDS,
    Row,
    carried,
    fields_of,
    key_of,
    named,
    rows_of,
    with_readings,
)
from kandelia.base.errors import InvalidInput, KandeliaError
from kandelia.base.text import LocalText
from kandelia.sdk.connecting import Form, Node, driver_names, filled, form_of_driver
from kandelia.sdk.grades import grade_of_driver
from kandelia.sdk.records import connections, signals, things
from kandelia.sdk.screens import screen
from kandelia.sdk.views import ConnectionView, Right, SignalView, SiteView, Viewer

NEW = "+"  # a machine that does not exist yet
FIRST_SITE = ("plant", LocalText("工厂", "Plant"))
FIRST_AREA = ("hall", LocalText("车间", "Hall"))


@dataclass(frozen=True, slots=True)
class Shown:
    """A node as the tree draws it."""

    node: Node
    carried: str
    kind: str


@require_GET
@screen(Right.CONFIGURE, somewhere=True)
def wizard(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """The first step: which protocol."""
    drivers = [(form_of_driver(name), grade_of_driver(name)) for name in driver_names()]
    return render(request, "connecting/protocols.html", {"drivers": drivers})


@require_GET
@screen(Right.CONFIGURE, somewhere=True)
def device(request: HttpRequest, viewer: Viewer, driver: str) -> HttpResponse:
    """The other three steps, on one page."""
    form = form_of_driver(driver)
    fields = fields_of(form.settings, {}, viewer.language)
    sites = things.tree(viewer)
    context = {
        "form": form,
        "fields": [one for one in fields if not one.more],
        "more": [one for one in fields if one.more],
        "sites": [(site.key, site.name.say(viewer.language) or site.key) for site in sites],
        "machines": _machines(sites, viewer.language),
        "areas": _areas(sites, viewer.language),
        "new": NEW,
    }
    return render(request, "connecting/device.html", context)


@require_POST
@screen(Right.CONFIGURE, somewhere=True)
def find(request: HttpRequest, viewer: Viewer, driver: str) -> HttpResponse:
    """What answers at a host, each with a button that fills it in."""
    host = request.POST.get("find", "").strip()
    try:
        if not host:
            raise InvalidInput("the host is missing", mend="write a name or an address, a port may stand behind it")
        found = connections.find(viewer, _site(request, viewer), driver, host)
    except KandeliaError as error:
        return _wrong(request, error)
    return render(request, "connecting/found.html", {"found": found})


@require_POST
@screen(Right.CONFIGURE, somewhere=True)
def attempt(request: HttpRequest, viewer: Viewer, driver: str) -> HttpResponse:
    """Really connect; what stands at the root comes with the answer."""
    try:
        tried = connections.try_connection(viewer, _view(request, viewer, driver), browse="")
    except KandeliaError as error:
        return _wrong(request, error)
    context = {"tried": tried, "nodes": _shown(tried.nodes), "driver": driver, "level": 0}
    return render(request, "connecting/tried.html", context)


@require_POST
@screen(Right.CONFIGURE, somewhere=True)
def browse(request: HttpRequest, viewer: Viewer, driver: str) -> HttpResponse:
    """What stands below a node."""
    address = request.GET.get("address", "")
    try:
        tried = connections.try_connection(viewer, _view(request, viewer, driver), browse=address)
    except KandeliaError as error:
        return _wrong(request, error)
    return render(request, "connecting/nodes.html", {"nodes": _shown(tried.nodes), "driver": driver})


@require_POST
@screen(Right.CONFIGURE, somewhere=True)
def values(request: HttpRequest, viewer: Viewer, driver: str) -> HttpResponse:
    """The rows that were chosen, with what their addresses say now; `add` puts an empty one below them."""
    error: KandeliaError | None = None
    rows: list[Row] = []
    try:
        rows = _rows(request)
        read = {row.address: KINDS[row.kind] for row in rows if row.address}
        if read:
            view = _view(request, viewer, driver)
            rows = with_readings(rows, connections.try_connection(viewer, view, read=read).readings)
    except KandeliaError as wrong:
        error = wrong
    if "add" in request.GET:
        rows = [*rows, Row(len(rows), "", "", "", "float", "")]
    return render(request, "connecting/values.html", {"rows": rows, "kinds": list(KINDS), "error": error})


@require_POST
@screen(Right.CONFIGURE, somewhere=True)
def save(request: HttpRequest, viewer: Viewer, driver: str) -> HttpResponse:
    """Connection, machine and signals, or none of them; then the machine's page, live."""
    try:
        with transaction.atomic():
            machine = _save(request, viewer, driver)
    except KandeliaError as error:
        return _wrong(request, error)
    return HttpResponse(status=204, headers={"HX-Redirect": reverse("plant-machine", args=[machine])})


def _save(request: HttpRequest, viewer: Viewer, driver: str) -> str:
    rows = [row for row in _rows(request) if row.address]
    if not rows:
        raise InvalidInput("no signal is chosen", mend="choose at least one in step 3, or add a line in step 4")
    machine = _machine(request, viewer)
    view = connections.put_connection(viewer, _view(request, viewer, driver, site=machine.partition("/")[0]))
    taken = {signal.key for signal in signals.of_machine(viewer, machine)}
    made = []
    for row in rows:
        key = row.key or key_of(row.name, taken, "signal")
        if key in taken:
            raise InvalidInput(f'signal "{key}" stands twice on this machine', f"row {row.place + 1}", "rename one")
        taken.add(key)
        made.append(_signal(row, key, machine, view.key, viewer.language))
    signals.put_signals(viewer, made, ordered=True)
    return machine


def _signal(row: Row, key: str, machine: str, connection: str, language: str) -> SignalView:
    return SignalView(
        number=0,
        id="",
        key=key,
        machine=machine,
        name=named(row.name or key, language),
        kind=KINDS[row.kind],
        unit=row.unit,
        connection=connection,
        address=row.address,
    )


def _rows(request: HttpRequest) -> list[Row]:
    return rows_of(_given(request), request.POST.getlist("node"))


def _given(request: HttpRequest) -> Mapping[str, str]:
    return {name: str(value) for name, value in request.POST.items()}


def _view(request: HttpRequest, viewer: Viewer, driver: str, site: str = "") -> ConnectionView:
    """The connection as the form has it, under a key that is free."""
    form: Form = form_of_driver(driver)
    name = request.POST.get("name", "").strip()
    prefix = {key.removeprefix("s."): value for key, value in _given(request).items() if key.startswith("s.")}
    settings: dict[str, Any] = filled(form, prefix)
    taken = {one.key for one in connections.list_connections(viewer)}
    key = key_of(name, taken, driver)
    return ConnectionView(
        key, site or _site(request, viewer), named(name or form.protocol, viewer.language), driver, settings
    )


def _site(request: HttpRequest, viewer: Viewer) -> str:
    """The site chosen for the machine, else the first one; before there is any, the one that will be made."""
    machine = request.POST.get("machine", "")
    chosen = machine if machine not in ("", NEW) else request.POST.get("area", "")
    if chosen:
        return chosen.partition("/")[0]
    return next((site.key for site in things.tree(viewer)), FIRST_SITE[0])


def _machine(request: HttpRequest, viewer: Viewer) -> str:
    """The path of the machine chosen; a new one is made, with a site and an area where there are none."""
    chosen = request.POST.get("machine", "")
    if chosen not in ("", NEW):
        return things.machine(viewer, chosen).path
    name = request.POST.get("machine_name", "").strip()
    if not name:
        raise InvalidInput("the machine has no name", "step 4", "choose a machine, or name the new one")
    area = request.POST.get("area", "") or _first_area(viewer)
    taken = {machine for machine, _ in _machines(things.tree(viewer), viewer.language)}
    keys = {path.rpartition("/")[2] for path in taken if path.startswith(f"{area}/")}
    path = f"{area}/{key_of(name, keys, 'machine')}"
    return things.put_machine(viewer, path, named(name, viewer.language)).path


def _first_area(viewer: Viewer) -> str:
    sites = things.tree(viewer)
    if sites and sites[0].areas:
        return f"{sites[0].key}/{sites[0].areas[0].key}"
    site = sites[0].key if sites else FIRST_SITE[0]
    if not sites:
        things.put_site(viewer, *FIRST_SITE)
    things.put_area(viewer, f"{site}/{FIRST_AREA[0]}", FIRST_AREA[1])
    return f"{site}/{FIRST_AREA[0]}"


def _machines(sites: tuple[SiteView, ...], language: str) -> list[tuple[str, str]]:
    areas = [area for site in sites for area in site.areas]
    held = [machine for area in areas for line in area.lines for machine in line.machines]
    held += [machine for area in areas for machine in area.machines]
    return [(machine.path, machine.name.say(language) or machine.key) for machine in held]


def _areas(sites: tuple[SiteView, ...], language: str) -> list[tuple[str, str]]:
    return [
        (f"{site.key}/{area.key}", f"{site.name.say(language) or site.key} › {area.name.say(language) or area.key}")
        for site in sites
        for area in site.areas
    ]


def _shown(nodes: tuple[Node, ...]) -> list[Shown]:
    return [Shown(node, carried(node), node.kind.name.lower() if node.kind else "") for node in nodes]


def _wrong(request: HttpRequest, error: KandeliaError) -> HttpResponse:
    """What, where and how to mend it, in the place where the answer would stand."""
    return render(request, "connecting/wrong.html", {"error": error})
