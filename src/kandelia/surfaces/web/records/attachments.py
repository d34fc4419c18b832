"""Files on the page of a record: listed, added, saved, removed."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from kandelia.base.errors import KandeliaError
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.files.logic.kinds import KINDS
from kandelia.kernel.papers import facade as papers
from kandelia.kernel.records import facade
from kandelia.kernel.records.contracts import RecordView
from kandelia.surfaces.web.downloads import download
from kandelia.surfaces.web.records.shown import record_url
from kandelia.surfaces.web.records.words import sentence
from kandelia.surfaces.web.screens import screen

SIZES = ((1_000_000, "MB"), (1_000, "kB"))


def part(request: HttpRequest, viewer: Viewer, view: RecordView) -> str:
    """The panel of files; nothing for a type without any, or for who sees none and may add none."""
    if not facade.type_of(view.type).attachments:
        return ""
    files = papers.files_of(viewer, view.type, view.id)
    may_add = papers.may_add(viewer, view.type, view.id)
    if not files and not may_add:
        return ""
    context = {
        "view": view,
        "files": [(one, _size(one.size), may_add and _may_remove(viewer, view, one.added_by)) for one in files],
        "may_add": may_add,
        "accept": ",".join(f".{end}" for end in KINDS),
    }
    return render_to_string("records/attachments.html", context, request)


@require_POST
@screen(Right.SEE)
def add(request: HttpRequest, viewer: Viewer, type: str, id: int) -> HttpResponse:
    """Attach the files that were chosen; each that is refused says why."""
    for file in request.FILES.getlist("file"):
        try:
            papers.add_file(viewer, type, id, file.name or "", file.chunks())
            messages.success(request, _("“%(name)s” is attached.") % {"name": file.name})
        except KandeliaError as error:
            messages.error(request, f"{file.name}: {sentence(error)}")
    return HttpResponseRedirect(f"{record_url(type, id)}#files")


@require_GET
@screen(Right.SEE)
def save(request: HttpRequest, viewer: Viewer, type: str, id: int, file: str) -> HttpResponseBase:
    """The bytes of a file, never shown by the browser."""
    return download(*papers.open_file(viewer, type, id, file))


@require_POST
@screen(Right.SEE)
def remove(request: HttpRequest, viewer: Viewer, type: str, id: int, file: str) -> HttpResponse:
    """Take a file away."""
    try:
        papers.remove_file(viewer, type, id, file)
        messages.success(request, _("The file is removed."))
    except KandeliaError as error:
        messages.error(request, sentence(error))
    return HttpResponseRedirect(f"{record_url(type, id)}#files")


def _may_remove(viewer: Viewer, view: RecordView, added_by: str) -> bool:
    return view.may_edit or added_by == viewer.subject


def _size(size: int) -> str:
    for unit, name in SIZES:
        if size >= unit:
            return f"{size / unit:.1f} {name}"
    return f"{size} B"
