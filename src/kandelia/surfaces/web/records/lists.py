"""The list of a type: filters in the address, columns by choice, saved views, key-set pages."""

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kandelia.base.errors import InvalidInput, KandeliaError
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.papers import changing, views_saved
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import Query, RecordPage
from kandelia.kernel.records.declaration import RecordType
from kandelia.surfaces.web.records import addresses, bulk
from kandelia.surfaces.web.records.asking import DENSITIES, Asked, asked
from kandelia.surfaces.web.records.filters import chips, filters
from kandelia.surfaces.web.records.tables import columns, rows
from kandelia.surfaces.web.records.words import sentence
from kandelia.surfaces.web.screens import screen


@require_GET
@screen(Right.SEE, somewhere=True)
def record_list(request: HttpRequest, viewer: Viewer, type: str) -> HttpResponse:
    """One page of a type's records, as the address asks."""
    declared = facade.type_of(type)
    here = asked(declared, request.GET)
    page, wrong = page_of(viewer, declared, here)
    context = {
        **table(declared, viewer, here, page, viewer.language),
        **_beside(viewer, declared, here),
        "wrong": wrong,
        "may_create": facade.may_create(viewer, declared),
        "steps": bulk.steps_of(viewer, declared) if page.items else (),
        "change_many": bool(page.items and changing.offered(viewer, type)),
    }
    return render(request, "records/list.html", context)


def page_of(viewer: Viewer | None, declared: RecordType, here: Asked) -> tuple[RecordPage, str]:
    """The page that is asked, or nothing and what is wrong with the question."""
    try:
        return facade.page(viewer, declared.name, here.query), ""
    except InvalidInput as error:
        return RecordPage(()), sentence(error)


def table(declared: RecordType, viewer: Viewer | None, here: Asked, page: RecordPage, language: str) -> dict[str, Any]:
    """What every list is drawn from, inside and in the portal."""
    every = columns(declared, viewer, here, language)
    drawn = tuple(column for column in every if column.chosen)
    shown = filters(declared, viewer, here, language)
    return {
        "type": declared.name,
        "label": declared.label.say(language),
        "plural": declared.plural.say(language),
        "here": here,
        "columns": drawn,
        "every_column": every,
        "rows": rows(declared, page, drawn, here, language, public=viewer is None),
        "total": page.total,
        "beyond": page.beyond,
        "filters": shown,
        "chips": chips(shown, here, page),
        "next": _turn(here, after=page.next),
        "previous": _turn(here, before=page.previous),
        "first": here.address() if here.query.after or here.query.before else None,
        "unfiltered": "" if not here.narrowed else "?",
    }


def _turn(here: Asked, **cursor: str) -> str:
    return here.address(**cursor) if any(cursor.values()) else ""


def _beside(viewer: Viewer, declared: RecordType, here: Asked) -> dict[str, Any]:
    query = here.address()
    return {
        "views": views_saved.saved(viewer, declared.name),
        "query": query,
        "may_share": views_saved.may_share(viewer),
        "exports": addresses.exports(declared.name, query),
        "import_url": addresses.beside(declared.name, "import") if declared.importable else "",
        "statistics_url": addresses.beside(declared.name, "statistics"),
        "other_density": here.address(density=DENSITIES[here.density == DENSITIES[0]]),
        "hidden": [pair for pair in here.pairs if pair[0] in ("sort", "columns", "density")],
        "kept": [pair for pair in here.pairs if pair[0] != "columns"],
    }


@require_POST
@screen(Right.SEE, somewhere=True)
def views(request: HttpRequest, viewer: Viewer, type: str) -> HttpResponse:
    """Save the list as it stands under a name, or forget a saved view."""
    declared = facade.type_of(type)
    query = request.POST.get("query", "")
    try:
        _change(request, viewer, declared, query)
    except KandeliaError as error:
        messages.error(request, sentence(error))
    return HttpResponseRedirect(f"{addresses.list_url(type)}{'?' if query else ''}{query}")


def _change(request: HttpRequest, viewer: Viewer, declared: RecordType, query: str) -> None:
    if removed := request.POST.get("remove", ""):
        views_saved.remove(viewer, declared.name, int(removed) if removed.isdigit() else 0)
        messages.success(request, _("The view is removed."))
        return
    name, shared = request.POST.get("name", ""), "shared" in request.POST
    views_saved.save(viewer, declared.name, name, query, shared=shared)
    messages.success(request, _("The view “%(name)s” is saved.") % {"name": name.strip()})


@require_GET
@screen(Right.SEE, somewhere=True)
def columns_chosen(request: HttpRequest, viewer: Viewer, type: str) -> HttpResponse:
    """Ticked columns as one word of the address, so that it stays short and can be shared."""
    declared = facade.type_of(type)
    here = asked(declared, request.GET)
    here = replace(here, query=Query())
    names = ",".join(dict.fromkeys(request.GET.getlist("column")))
    query = here.address(columns=names)
    return HttpResponseRedirect(f"{addresses.list_url(type)}{'?' if query else ''}{query or urlencode({})}")


@require_GET
@screen(Right.SEE, somewhere=True)
def choices(request: HttpRequest, viewer: Viewer, type: str, field: str) -> HttpResponse:
    """What a reference may name, while its words are typed."""
    refers_to = facade.refers_to(type, field)
    text = request.GET.get(f"{field}.text", "")
    found = facade.choices(viewer, refers_to, text[:200])
    return render(request, "records/choices.html", {"found": found, "field": field, "text": text})
