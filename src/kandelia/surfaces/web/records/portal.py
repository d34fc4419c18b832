"""The public's door: what is published, without an account and without the rail."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, Resolver404, resolve, reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_GET

from kandelia.base.errors import NotFound
from kandelia.kernel.lives.declaration import Life
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import Query
from kandelia.kernel.records.declaration import RecordType
from kandelia.surfaces.web.records.asking import TEXT_LENGTH_MAX, asked
from kandelia.surfaces.web.records.lists import page_of, table
from kandelia.surfaces.web.records.page import facts, head
from kandelia.surfaces.web.records.shown import mark, portal_url
from kandelia.surfaces.web.records.timeline import events
from kandelia.surfaces.web.registry import registered
from kandelia.surfaces.web.screens import is_public, public

ROWS = 30
NEWEST_SHOWN = 5
HITS = 50


@dataclass(frozen=True, slots=True)
class Service:
    """A page of an app that needs no account, such as a calculation."""

    label: str
    url: str
    icon: str


@public
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What is published, the newest of each kind, and what one can do here."""
    kinds = []
    for declared in facade.published():
        page = facade.page(None, declared.name, Query(limit=NEWEST_SHOWN))
        if page.items:
            kinds.append(
                (declared.plural.say(_language()), portal_list_url(declared.name), page.total, _listed(page.items))
            )
    return render(request, "records/portal.html", {"kinds": kinds, "services": _services(), **_frame()})


@public
@require_GET
def portal_list(request: HttpRequest, type: str) -> HttpResponse:
    """The published records of a type."""
    declared = _type(type)
    here = asked(declared, request.GET, rows=ROWS)
    page, wrong = page_of(None, declared, here)
    context = {**table(declared, None, here, page, _language()), "wrong": wrong, **_frame()}
    return render(request, "records/portal_list.html", context)


@public
@require_GET
def portal_record(request: HttpRequest, type: str, id: int) -> HttpResponse:
    """A published record."""
    declared = _type(type)
    view = facade.get(None, type, id)
    context = {
        **head(declared, view, _language()),
        **_frame(),
        "groups": facts(declared, view, None, _language()),
        "events": events(None, declared, view, _language()),
        "portal_list_url": portal_list_url(type),
    }
    return render(request, "records/portal_record.html", context)


@public
@require_GET
def portal_search(request: HttpRequest) -> HttpResponse:
    """Published records of every type that hold all the words."""
    text = request.GET.get("search", "").strip()[:TEXT_LENGTH_MAX]
    names = {declared.name: declared.label.say(_language()) for declared in facade.published()}
    hits = [
        (ref, names[ref.type], portal_url(ref.type, ref.id))
        for ref in facade.search(None, text, limit=HITS)
        if ref.type in names
    ]
    return render(request, "records/portal_search.html", {"text": text, "hits": hits, **_frame()})


def portal_list_url(type: str) -> str:
    """The public list of a type."""
    return reverse("portal-list", args=[type])


def _language() -> str:
    return (get_language() or "zh")[:2]


def _frame() -> dict[str, Any]:
    return {"kinds_there_are": [(one.plural.say(_language()), portal_list_url(one.name)) for one in facade.published()]}


def _type(name: str) -> RecordType:
    for declared in facade.types():
        if declared.name == name and any(state.public for life in _lives(declared) for state in life.states):
            return declared
    raise NotFound(f'nothing called "{name[:60]}" is published', "portal", "see what is", "not-found")


def _lives(declared: RecordType) -> tuple[Life, ...]:
    return (declared.life, *declared.earlier)


def _listed(items: Any) -> list[tuple[Any, Any, str]]:
    return [
        (view, mark(facade.type_of(view.type), view, _language()), portal_url(view.type, view.id)) for view in items
    ]


def _services() -> list[Service]:
    found = []
    for app in registered():
        for entry in app.navigation:
            try:
                url = reverse(entry.url_name)
                if is_public(resolve(url).func):
                    found.append(Service(entry.label.say(_language()), url, entry.icon))
            except (NoReverseMatch, Resolver404):
                continue
    return found
