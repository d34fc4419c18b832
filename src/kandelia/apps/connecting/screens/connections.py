"""The list of connections, and the page of one with its figures and its log."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from kandelia.base.clock import NS_PER_S
from kandelia.base.errors import KandeliaError, Unavailable
from kandelia.sdk.connecting import form_of_driver
from kandelia.sdk.records import connections, events, signals
from kandelia.sdk.screens import screen
from kandelia.sdk.views import ConnectionState, ConnectionView, Right, Viewer

LOG_ROWS = 50
LOG_S = 7 * 86_400
SIGNALS_SHOWN = 20
LOG_TYPES = "kandelia.connection.>"
WORDS = {"established": "running", "lost": "backing-off", "refused": "refused"}


@dataclass(frozen=True, slots=True)
class Listed:
    """A connection in one language."""

    view: ConnectionView
    name: str
    protocol: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the log; `state` is a word of State."""

    at: datetime
    state: str
    error: str
    mend: str


@require_GET
@screen(Right.SEE, somewhere=True)
def connection_list(request: HttpRequest, viewer: Viewer) -> HttpResponse:
    """All of them; how they stand comes over the page's socket."""
    listed = [_listed(view, viewer.language) for view in connections.list_connections(viewer)]
    context = {"listed": listed, "may_add": viewer.may_somewhere(Right.CONFIGURE)}
    return render(request, "connecting/connections.html", context)


@require_GET
@screen(Right.SEE, somewhere=True)
def connection_page(request: HttpRequest, viewer: Viewer, key: str) -> HttpResponse:
    """One: what it is, its signals, how it stands now, what happened to it."""
    view = connections.connection(viewer, key)
    page = signals.list_signals(viewer, connection=key, limit=SIGNALS_SHOWN)
    context = {
        "one": _listed(view, viewer.language),
        "settings": [(name, _told(value)) for name, value in view.settings.items()],
        "signals": page.items,
        "total": page.total,
        "may_change": viewer.may_at(Right.CONFIGURE, view.site),
    }
    return render(request, "connecting/connection.html", context)


@require_GET
@screen(Right.SEE, somewhere=True)
def connection_now(request: HttpRequest, viewer: Viewer, key: str) -> HttpResponse:
    """The part of the page that is asked for again: figures and log."""
    view = connections.connection(viewer, key)
    try:
        state = connections.states(viewer).get(key)
        since_ns, whole = time.time_ns() - LOG_S * NS_PER_S, viewer.may_at(Right.SEE, view.site)
        log = events.newest(viewer, LOG_TYPES, key, since_ns, LOG_ROWS, at=view.site) if whole else ()
    except Unavailable:
        state, log = None, ()
    context = {
        "one": _listed(view, viewer.language),
        "state": state,
        "moments": _moments(state),
        "log": [_entry(event.type, event.time_ns, event.data) for event in log],
    }
    return render(request, "connecting/now.html", context)


@require_POST
@screen(Right.CONFIGURE, somewhere=True)
def switch(request: HttpRequest, viewer: Viewer, key: str) -> HttpResponse:
    """On, off, or gone for good (one that no signal uses)."""
    if request.POST.get("to") == "remove":
        connections.remove_connection(viewer, key)
        return HttpResponseRedirect(reverse("connections"))
    view = connections.connection(viewer, key)
    wanted = ConnectionView(
        view.key, view.site, view.name, view.driver, view.settings, enabled=request.POST.get("to") == "on"
    )
    connections.put_connection(viewer, wanted)
    return HttpResponseRedirect(reverse("connection", args=[key]))


def _listed(view: ConnectionView, language: str) -> Listed:
    try:
        protocol = form_of_driver(view.driver).protocol
    except KandeliaError:
        protocol = view.driver
    return Listed(view, view.name.say(language) or view.key, protocol)


def _told(value: Any) -> str:
    """A setting as text; a secret only by being there."""
    return "••••••" if isinstance(value, Mapping) and set(value) == {"secret"} else str(value)


def _moments(state: ConnectionState | None) -> dict[str, datetime | None]:
    if state is None:
        return {}
    return {"since": _at(state.since_ns), "proof": _at(state.proof_ns)}


def _at(time_ns: int) -> datetime | None:
    return datetime.fromtimestamp(time_ns / NS_PER_S, UTC) if time_ns else None


def _entry(event_type: str, time_ns: int, data: Mapping[str, Any]) -> Entry:
    word = event_type.rpartition(".")[2]
    at = datetime.fromtimestamp(time_ns / NS_PER_S, UTC)
    return Entry(at, WORDS.get(word, word), str(data.get("error", "")), str(data.get("mend", "")))
