"""Saved views of lists: a query string under a name, one's own or the organisation's."""

from django.db import models

from kandelia.base.errors import InvalidInput, NotAllowed, NotFound, TooMuch
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.records.contracts import SavedViewView
from kandelia.kernel.records.models import SavedView

VIEWS_MAX = 50  # of a person, and of an organisation, for one type
QUERY_LENGTH_MAX = 2_000
NAME_LENGTH_MAX = 100


def saved(viewer: Viewer, type: str) -> tuple[SavedViewView, ...]:
    """The viewer's own and the organisation's, by name."""
    rows = _rows(viewer, type).filter(models.Q(person=viewer.person) | models.Q(person=None)).order_by("name")
    return tuple(SavedViewView(row.id, row.name, row.query, row.person_id is None) for row in rows)


def save(viewer: Viewer, type: str, name: str, query: str, *, shared: bool = False) -> None:
    """Keep a query under a name; one of the same name is replaced."""
    name = name.strip()
    if not name or len(name) > NAME_LENGTH_MAX or len(query) > QUERY_LENGTH_MAX:
        raise InvalidInput("a view needs a name", "name", "use 1 to 100 characters", "invalid-name")
    owner = _owner(viewer, shared)
    kept = _rows(viewer, type).filter(person=owner)
    if kept.exclude(name=name).count() >= VIEWS_MAX:
        raise TooMuch(f"there are {VIEWS_MAX} views already", "name", "remove one first", "too-many")
    if not kept.filter(name=name).update(query=query):
        SavedView.objects.create(
            organisation_id=viewer.organisation, person_id=owner, type=type, name=name, query=query
        )


def remove(viewer: Viewer, type: str, id: int) -> None:
    """Forget a view; a shared one only for those who may share."""
    row = _rows(viewer, type).filter(id=id).first()
    if row is None or row.person_id not in (None, viewer.person):
        raise NotFound("there is no such view", "view", "see the list", "not-found")
    _owner(viewer, shared=row.person_id is None)
    row.delete()


def may_share(viewer: Viewer) -> bool:
    """Who configures or holds an office may set views for everybody in the organisation."""
    return viewer.may(Right.CONFIGURE) or bool(viewer.duties)


def _rows(viewer: Viewer, type: str) -> models.QuerySet[SavedView]:
    return SavedView.objects.filter(organisation_id=viewer.organisation, type=type)


def _owner(viewer: Viewer, shared: bool) -> int | None:
    if shared and not may_share(viewer):
        raise NotAllowed("shared views are not yours to change", "view", "save one of your own", "not-allowed")
    if not shared and viewer.person is None:
        raise NotAllowed("a token has no views of its own", "view", "share it", "not-allowed")
    return None if shared else viewer.person
