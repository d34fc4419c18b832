"""Setting a value at a device: the form, what is about to be sent, and how a command goes on."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from kandelia.apps.plant.logic.board import live_row
from kandelia.base.errors import Conflict, InvalidInput, KandeliaError, NotAllowed
from kandelia.base.ids import new_id
from kandelia.base.samples import Kind
from kandelia.sdk.records import access, commands, signals
from kandelia.sdk.screens import screen
from kandelia.sdk.views import CommandView, RecordView, Right, SignalView, Viewer

VALIDITIES_S = (30, 60, 300, 900, 3_600, 8 * 3_600)
FIELDS = ("value", "reason", "valid_s")


@require_http_methods(["GET", "POST"])
@screen(Right.SEE)
def set_value(request: HttpRequest, viewer: Viewer, number: int) -> HttpResponse:
    """The form; posted, what is about to be sent; confirmed, the command is made and its page opens."""
    signal = signals.signal(viewer, number)
    if not commands.may_command(viewer, signal):
        raise NotAllowed(_("this signal is not yours to set"), signal.id, _("ask an engineer"), "not-commandable")
    given = {name: request.POST.get(name, "") for name in (*FIELDS, "key")}
    context = {**_about(viewer, signal), "given": given, "key": given["key"] or new_id()}
    if request.method == "GET" or "change" in request.POST:
        return _draw(request, context)
    try:
        valid_s = int(given["valid_s"]) if given["valid_s"].isdigit() else 0
        if "confirmed" in request.POST:
            return _send(request, viewer, number, given, valid_s)
        wanted, present = commands.check(viewer, number, given["value"], given["reason"], valid_s=valid_s)
    except (InvalidInput, Conflict) as error:
        wrong = {error.where if error.where in FIELDS else "whole": _told(error)}
        return _draw(request, {**context, "wrong": wrong}, 400)
    said = {"wanted": _shown(wanted, signal, viewer), "present": _shown(present.value, signal, viewer)}
    until = timezone.now() + timedelta(seconds=valid_s or context["valid_usual_s"])
    return _draw(request, {**context, **said, "until": until, "confirming": True})


def _send(request: HttpRequest, viewer: Viewer, number: int, given: Mapping[str, str], valid_s: int) -> HttpResponse:
    made = commands.request(
        viewer,
        number,
        given["value"],
        given["reason"],
        valid_s=valid_s,
        key=given["key"],
        address=access.address_of(request),
    )
    page = reverse("record", args=["command", made.id])
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": page})
    return HttpResponseRedirect(page)


def _told(error: KandeliaError) -> str:
    """In the reader's language; the bounds themselves stand beside the field."""
    known = {
        "out-of-range": _("This lies outside what is allowed."),
        "wrong-kind": _("This is no value that the signal can hold."),
        "step-too-large": _("This is too large a change at once."),
        "present-unknown": _("The present value is not known, so the step cannot be judged; wait for a good one."),
        "too-soon": _("The last command is too recent; wait a little."),
        "under-way": _("Another command to this signal is under way; wait for its end, or withdraw it."),
        "missing": _("Say why."),
    }
    return known.get(error.code) or f"{error.what}; {error.mend}"


def _about(viewer: Viewer, signal: SignalView) -> dict[str, Any]:
    row = live_row(signal, viewer.language)
    usual_s = commands.VALID_SECOND_S if signal.second_person else commands.VALID_S
    choices = _choices(signal, viewer)
    return {
        "signal": signal,
        "row": row,
        "choices": choices,
        "limited": signal.command_low is not None or signal.command_high is not None,
        "valid_usual_s": usual_s,
        "validities": [(second, _length(second)) for second in VALIDITIES_S],
    }


def _choices(signal: SignalView, viewer: Viewer) -> list[tuple[str, str]]:
    """Values to choose from; empty where one is typed."""
    if signal.kind is Kind.BOOLEAN:
        return [("true", _("on")), ("false", _("off"))]
    return [(str(code), label.say(viewer.language) or str(code)) for code, label in sorted(signal.labels.items())]


def _shown(value: object, signal: SignalView, viewer: Viewer) -> str:
    """A value as a person reads it."""
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return dict(_choices(signal, viewer)).get(text, text)


def _length(seconds: int) -> str:
    if seconds < 60:
        return ngettext("%(n)s second", "%(n)s seconds", seconds) % {"n": seconds}
    if seconds < 3_600:
        return ngettext("%(n)s minute", "%(n)s minutes", seconds // 60) % {"n": seconds // 60}
    return ngettext("%(n)s hour", "%(n)s hours", seconds // 3_600) % {"n": seconds // 3_600}


def _draw(request: HttpRequest, context: dict[str, Any], status: int = 200) -> HttpResponse:
    partly = bool(request.headers.get("HX-Request"))
    template = "plant/set_value_form.html" if partly else "plant/set_value.html"
    return render(request, template, context, status=200 if partly else status)


@require_GET
@screen(Right.SEE)
def progress(request: HttpRequest, viewer: Viewer, id: int) -> HttpResponse:
    """Asked by the page of a command: it is loaded anew once the command stands elsewhere."""
    moved = commands.command(viewer, id).state != request.GET.get("state", "")
    return HttpResponse(headers={"HX-Refresh": "true"} if moved else {})


def follow(request: HttpRequest, viewer: Viewer, view: RecordView) -> str:
    """On the page of a command: how far it has come, while something is still to come."""
    if view.type != "command" or (found := commands.command(viewer, view.id)).over:
        return ""
    return render_to_string("plant/command_progress.html", {"command": found, "steps": list(_steps(found))})


def _steps(view: CommandView) -> Iterable[tuple[str, str]]:
    """(word, "done", "now", "ahead" or "end") of each step on its way."""
    words = {"requested": _("requested"), "awaiting": _("second person"), "approved": _("waiting for the edge")}
    words |= {"sent": _("sent"), "end": _("outcome")}
    way = [name for name in words if name != "awaiting" or view.second_person]
    at = way.index(view.state) if view.state in way else len(way) - 1
    for place, name in enumerate(way):
        yield words[name], "done" if place < at or view.over else "now" if place == at else "ahead"
