"""Problems of the API (RFC 9457) as exceptions."""

from typing import Any

import httpx


class ApiError(Exception):
    """What the installation refused: `what` is wrong, `where`, how to `mend` it; `code` and `status` for programs."""

    def __init__(self, status: int, what: str, where: str = "", mend: str = "", code: str = "") -> None:
        super().__init__(f"{what}; {mend}" if mend else what)
        self.status, self.what, self.where, self.mend, self.code = status, what, where, mend, code


class InvalidRequest(ApiError):
    """400, 413, 422: the request is wrong; sending it again will not help."""


class NotSignedIn(ApiError):
    """401: the token is unknown, revoked or over."""


class NotAllowed(ApiError):
    """403: the token's role does not allow this."""


class NotFound(ApiError):
    """404."""


class Conflict(ApiError):
    """409: it exists already, or has changed meanwhile."""


class TooMuch(ApiError):
    """429: ask for less, or later."""


class Unavailable(ApiError):
    """503, or nobody answers: try again."""


KINDS: dict[int, type[ApiError]] = {
    400: InvalidRequest,
    401: NotSignedIn,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    413: InvalidRequest,
    422: InvalidRequest,
    429: TooMuch,
    502: Unavailable,
    503: Unavailable,
    504: Unavailable,
}


def check(answered: httpx.Response) -> httpx.Response:
    """The answer, where it is none of a problem; ApiError of its kind otherwise."""
    if answered.is_success:
        return answered
    try:
        told: dict[str, Any] = answered.json()
    except ValueError:
        told = {}
    what = str(told.get("detail") or told.get("title") or answered.reason_phrase)
    kind = KINDS.get(answered.status_code, ApiError)
    raise kind(answered.status_code, what, *(str(told.get(name, "")) for name in ("where", "mend", "type")))
