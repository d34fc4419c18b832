"""Pages travel gzipped: they are the largest part of what a reader waits for on a thin line."""

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.text import compress_string

BYTES_MIN = 1_000
RANDOM_BYTES_MAX = 100  # in the gzip header, so that the length tells nothing of a secret in the page (BREACH)
KIND = "text/html"


def pack(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    """The page gzipped where the browser takes it and it is worth it; anything else as it is."""
    if not isinstance(response, HttpResponse) or not response.get("Content-Type", "").startswith(KIND):
        return response
    if response.has_header("Content-Encoding") or len(response.content) < BYTES_MIN:
        return response
    patch_vary_headers(response, ("Accept-Encoding",))
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response.content = compress_string(response.content, max_random_bytes=RANDOM_BYTES_MAX)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Content-Length"] = str(len(response.content))
    return response
