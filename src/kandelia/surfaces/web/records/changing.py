"""One field changed in all that a list finds: chosen, given, confirmed with how many it is."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from kandelia.base.errors import KandeliaError
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.papers import changing
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import Kind
from kandelia.kernel.records.declaration import Field, RecordType
from kandelia.kernel.records.fields import kind_of
from kandelia.surfaces.web.records import addresses
from kandelia.surfaces.web.records.asking import Asked, asked
from kandelia.surfaces.web.records.words import sentence
from kandelia.surfaces.web.screens import screen


@require_http_methods(["GET", "POST"])
@screen(Right.SEE)
def change(request: HttpRequest, viewer: Viewer, type: str) -> HttpResponse:
    """The field and its value; then the list again, with what was done."""
    declared = facade.type_of(type)
    query = request.POST.get("query", "") if request.method == "POST" else request.GET.get("query", "")
    here = asked(declared, QueryDict(query))
    given = request.POST if request.method == "POST" else request.GET
    fields = {one.name: one for one in changing.offered(viewer, type)}
    chosen, value, wrong = fields.get(given.get("field", "")), given.get("value", ""), ""
    back = f"{addresses.list_url(type)}{'?' if query else ''}{query}"
    if request.method == "POST" and chosen is not None:
        try:
            _change(request, viewer, declared, here, chosen, value)
            return HttpResponseRedirect(back)
        except KandeliaError as error:
            wrong = sentence(error)
    context = {
        **_words(declared, viewer, fields, chosen, value),
        "type": type,
        "query": query,
        "back": back,
        "wrong": wrong,
        "count": changing.found(viewer, type, here.query),
        "narrowed": here.narrowed,
    }
    return render(request, "records/change.html", context)


def _change(request: HttpRequest, viewer: Viewer, declared: RecordType, here: Asked, field: Field, value: str) -> None:
    done = changing.change_many(viewer, declared.name, here.query, field.name, value)
    said = ngettext("%(n)s record changed", "%(n)s records changed", done.changed) % {"n": done.changed}
    same = done.found - done.changed
    more = f" · {_('%(n)s were so already') % {'n': same}}" if same else ""
    messages.success(request, f"{field.label.say(viewer.language)}: {said}{more}")


def _words(
    declared: RecordType, viewer: Viewer, fields: dict[str, Field], chosen: Field | None, value: str
) -> dict[str, Any]:
    choices: list[tuple[str, str]] = []
    if chosen is not None and kind_of(declared, chosen) is Kind.CHOICE:
        choices = [(str(key), label.say(viewer.language)) for key, label in chosen.choices]
    elif chosen is not None and kind_of(declared, chosen) is Kind.BOOLEAN:
        choices = [("true", _("yes")), ("false", _("no"))]
    return {
        "plural": declared.plural.say(viewer.language),
        "fields": [(name, one.label.say(viewer.language)) for name, one in fields.items()],
        "chosen": chosen.name if chosen else "",
        "label": chosen.label.say(viewer.language) if chosen else "",
        "help": chosen.help.say(viewer.language) if chosen else "",
        "choices": choices,
        "value": value,
    }
