"""How a page is declared: who may see it. An address without a declaration answers only to those signed in."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponseBase

from kandelia.base.errors import NotAllowed
from kandelia.kernel.access.contracts import Right
from kandelia.kernel.access.facade import reach_of, require, viewer_of_request

View = Callable[..., HttpResponseBase]
V = TypeVar("V", bound=Callable[..., Any])


def screen(right: Right, *, somewhere: bool = False) -> Callable[[View], View]:
    """A page for viewers who hold `right`; the view is called as view(request, viewer, **parts of the address).

    `somewhere`: also for those who hold it only at some places; what the page shows is cut to those by the facades.
    """

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, **parts: Any) -> HttpResponseBase:
            viewer = viewer_of_request(request)
            if viewer is None:
                raise NotAllowed("nobody is signed in", "this page", "sign in first", "not-signed-in")
            (reach_of if somewhere else require)(viewer, right)
            return view(request, viewer, **parts)

        guarded.right = right  # type: ignore[attr-defined]
        guarded.somewhere = somewhere  # type: ignore[attr-defined]
        return guarded

    return declare


def public(view: V) -> V:
    """A page that anybody may open, signed in or not."""
    view.public = True  # type: ignore[attr-defined]
    return view


def is_public(view: Any) -> bool:
    """True for views declared with `public`."""
    return bool(getattr(view, "public", False))
