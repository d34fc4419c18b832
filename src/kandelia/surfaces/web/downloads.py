"""Files that people gave us, given back: always to be saved, never to be shown by the browser."""

from collections.abc import Iterator
from urllib.parse import quote

from django.http import HttpResponseBase

from kandelia.kernel.files.contracts import FileView
from kandelia.surfaces.api.answering import stream


def download(view: FileView, chunks: Iterator[bytes]) -> HttpResponseBase:
    """A file as a download that no browser opens by itself."""
    answered = stream(chunks, view.media_type, "file")
    answered["Content-Disposition"] = disposition(view.name)
    answered["Content-Length"] = str(view.size)
    answered["X-Content-Type-Options"] = "nosniff"
    answered["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answered


def disposition(name: str, kind: str = "attachment") -> str:
    """RFC 6266 with the name in UTF-8."""
    return f"{kind}; filename*=UTF-8''{quote(name, safe='')}"
