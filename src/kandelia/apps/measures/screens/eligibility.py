"""What may my firm ask for? All lines on one page, for anybody; who is signed in finds the profile filled in."""

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_http_methods, require_POST

from kandelia.apps.measures import facade
from kandelia.apps.measures.firm import confirmed, facts_of, profile_of
from kandelia.apps.measures.logic.eligibility import SAID, Chance, Offer, Profile
from kandelia.apps.measures.logic.questions import ASSUMPTIONS, parse_day
from kandelia.apps.measures.screens.form import AS_OF, Field, fields, given, sentence, typed
from kandelia.base.errors import InvalidInput
from kandelia.sdk.records import access
from kandelia.sdk.screens import public, screen
from kandelia.sdk.services import has_service, service
from kandelia.sdk.views import Right, Viewer

HAVE = "have"
PROFILE = ("kind", "sector", "size")
YES_NO = {"yes": True, "no": False}
SKIPPED_KINDS = ("finding", "lines")


@public
@require_http_methods(["GET", "POST"])
def eligibility(request: HttpRequest) -> HttpResponse:
    """The form; with every line's answer beside it once it is sent."""
    viewer = access.viewer_of_request(request)
    own = profile_of(viewer) if viewer else None
    sent = typed(request.POST.dict()) if request.method == "POST" else {}
    profile = _profile(request, own)
    chosen = _chosen(request)
    error: InvalidInput | None = None
    offers: tuple[Offer, ...] = ()
    day = sent.get(AS_OF, "") or facade.measures().validity.last.isoformat()
    if sent:
        try:
            stated = _stated(chosen, sent)
            for line, facts in (facts_of(viewer, own) if viewer and own else {}).items():
                stated[line] = {**stated.get(line, {}), **facts}
            offers = facade.offers(profile, stated, parse_day(day, AS_OF))
        except InvalidInput as raised:
            error = raised
    context = {**_form(profile, chosen, sent, day), **_answers(offers, viewer), "own": own, "error": error}
    context["wrong"] = sentence(error) if error else ""
    status = HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK
    return render(request, "measures/eligibility.html", context, status=status)


@screen(Right.SEE)
@require_POST
def confirm(request: HttpRequest, viewer: Viewer, line: str) -> HttpResponse:
    """免申即享: the firm confirms what the engine proposes, and an application is made of it."""
    return HttpResponseRedirect(confirmed(viewer, line))


def _profile(request: HttpRequest, own: Profile | None) -> Profile:
    """What was typed; before anything is sent, what the register knows."""
    if request.method != "POST":
        return own or Profile()
    words = {name: _word(request, name) for name in PROFILE}
    roles = frozenset(request.POST.getlist("role")) & set(facade.rules().roles)
    standings = frozenset(request.POST.getlist("standing")) & set(facade.rules().standings)
    proven = own.standings or frozenset() if own else frozenset()
    same = own is not None and all(words[name] == getattr(own, name) for name in PROFILE)
    return Profile(
        **words,
        local=YES_NO.get(request.POST.get("local", "")),
        roles=roles,
        standings=standings | proven,
        verified=same and own is not None and own.verified and standings <= proven,
    )


def _word(request: HttpRequest, name: str) -> str:
    word = request.POST.get(name, "")
    return word if word in facade.CODES[name] else ""


def _chosen(request: HttpRequest) -> list[str]:
    lines = facade.measures().lines
    return [name for name in request.POST.getlist(HAVE) if name in lines]


def _stated(chosen: list[str], sent: dict[str, str]) -> dict[str, dict[str, Any]]:
    """By line what was said of its case."""
    found = {}
    for line in chosen:
        said = given(_fields(line, sent), ())
        said.pop(ASSUMPTIONS, None)
        found[line] = said
    return found


def _fields(line: str, sent: dict[str, str]) -> tuple[Field, ...]:
    """The inputs of a line that the firm itself knows; names carry the line, so that two lines keep theirs apart."""
    own = {name.removeprefix(f"{line}:"): value for name, value in sent.items() if name.startswith(f"{line}:")}
    language = "zh" if (get_language() or "zh").startswith("zh") else "en"
    shown = fields(facade.schema(line, language), own)
    return tuple(one for one in shown if one.name not in SAID and one.kind not in SKIPPED_KINDS and not one.when)


def _form(profile: Profile, chosen: list[str], sent: dict[str, str], day: str) -> dict[str, Any]:
    rules, measures = facade.rules(), facade.measures()
    return {
        "profile": profile,
        "codes": _codes(),
        "roles": [(name, text, name in (profile.roles or ())) for name, text in rules.roles.items()],
        "standings": [(name, text, name in (profile.standings or ())) for name, text in rules.standings.items()],
        "cases": [(line, line.id in chosen, _named(line.id, sent)) for line in measures.lines.values()],
        "as_of": day,
        "measures": measures,
    }


def _named(line: str, sent: dict[str, str]) -> list[tuple[str, Field]]:
    return [(f"{line}:{one.name}", one) for one in _fields(line, sent)]


def _codes() -> dict[str, Any]:
    """Labels of the closed lists, from the register of organisations where it is installed."""
    if has_service("registers.codes"):
        return dict(service("registers.codes")())
    return {name: [(code, code) for code in codes] for name, codes in facade.CODES.items()}


def _answers(offers: tuple[Offer, ...], viewer: Viewer | None) -> dict[str, Any]:
    groups = [(chance, [one for one in offers if one.chance is chance]) for chance in Chance]
    may_confirm = viewer is not None and "applicant" in viewer.duties and has_service("applications.confirm")
    return {"groups": [pair for pair in groups if pair[1]], "may_confirm": may_confirm, "signed_in": viewer is not None}
