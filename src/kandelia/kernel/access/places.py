"""Where an organisation stands: the topmost of its line (a bureau over its firms), or below one."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from kandelia.kernel.access.models import Organisation

_known: ContextVar[dict[str, bool] | None] = ContextVar("roots_known", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Within this block (a request) an organisation's place is asked once."""
    token = _known.set({})
    try:
        yield
    finally:
        _known.reset(token)


def is_root(organisation: str) -> bool:
    """Whether an organisation has none above it."""
    known = _known.get()
    if known is not None and organisation in known:
        return known[organisation]
    found = not Organisation.objects.filter(id=organisation, parent__isnull=False).exists()
    if known is not None:
        known[organisation] = found
    return found


def root_of(organisation: Organisation) -> Organisation:
    """The topmost organisation above it (a bureau over firms), itself where there is none."""
    seen = {organisation.id}
    while organisation.parent is not None and organisation.parent.id not in seen:
        organisation = organisation.parent
        seen.add(organisation.id)
    return organisation
