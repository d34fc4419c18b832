"""A list as a file: what its address asks, in its columns, sent as it is made."""

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_GET

from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.files import tables as files
from kandelia.kernel.papers import facade as papers
from kandelia.kernel.records import facade
from kandelia.surfaces.api.answering import stream
from kandelia.surfaces.web.records.asking import asked
from kandelia.surfaces.web.screens import screen


@require_GET
@screen(Right.SEE)
def export(request: HttpRequest, viewer: Viewer, type: str, format: str) -> HttpResponseBase:
    """The columns that were chosen, else every field; what is starred on the screen is starred in the file."""
    declared = facade.type_of(type)
    here = asked(declared, request.GET)
    head, rows = papers.table(viewer, type, here.query, here.columns, viewer.language)
    return stream(files.write(format, head, rows), files.FORMATS[format], f"{type}.{format}")
