"""Dashboards and comparisons: kept for one person, or for everybody of the organisation.

Whoever may see may keep their own; those of everybody are made and changed by who may configure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from kandelia.apps.plant.logic.comparison import read_comparison, write_comparison
from kandelia.apps.plant.logic.documents import text
from kandelia.apps.plant.logic.tiles import read_tiles, signals_in, write_tiles
from kandelia.apps.plant.models import KINDS, Sheet
from kandelia.base.errors import Conflict, InvalidInput, NotFound, TooMuch
from kandelia.base.ids import new_id
from kandelia.base.text import LocalText
from kandelia.sdk.records import access, signals, things
from kandelia.sdk.views import Right, Viewer

NAME_LENGTH_MAX = 120
SHEETS_MAX = 1_000  # of one kind in one organisation
DASHBOARD, COMPARISON = KINDS


@dataclass(frozen=True, slots=True)
class SheetView:
    """One sheet as the viewer sees it; `own` where it is the viewer's alone."""

    id: str
    kind: str
    name: LocalText
    own: bool
    site: str
    body: Mapping[str, Any]
    revision: int
    changed_at: datetime
    may_change: bool


@dataclass(frozen=True, slots=True)
class Draft:
    """What a person or program wants kept. `revision` is the one it was read with, 0 for a new sheet."""

    name: LocalText
    body: Any
    own: bool = True
    site: str = ""
    revision: int = 0


def list_sheets(viewer: Viewer, kind: str) -> tuple[SheetView, ...]:
    """The viewer's own and everybody's, by name."""
    return tuple(_view(viewer, row) for row in _seen(viewer, kind))


def sheet(viewer: Viewer, kind: str, id: str) -> SheetView:
    """One; NotFound also for another person's own."""
    return _view(viewer, _row(viewer, kind, id))


def make_sheet(viewer: Viewer, kind: str, draft: Draft) -> SheetView:
    """Keep a new one."""
    _may_write(viewer, draft.own)
    if _seen(viewer, kind).count() >= SHEETS_MAX:
        raise TooMuch(f"there are {SHEETS_MAX} of them already", kind, "remove one that nobody uses", "too-many")
    row = Sheet(id=new_id(), organisation_id=viewer.organisation, kind=kind, revision=0)
    return _keep(viewer, row, draft, "create")


def copy_sheet(viewer: Viewer, kind: str, id: str) -> SheetView:
    """The same as the viewer's own."""
    view = sheet(viewer, kind, id)
    draft = Draft(view.name, dict(view.body), own=True, site=view.site)
    row = Sheet(id=new_id(), organisation_id=viewer.organisation, kind=kind, revision=0, body=dict(view.body))
    return _keep(viewer, row, draft, "create")


def change_sheet(viewer: Viewer, kind: str, id: str, draft: Draft) -> SheetView:
    """Replace what is kept; Conflict where somebody changed it since it was read."""
    with transaction.atomic():
        row = _row(viewer, kind, id, lock=True)
        _may_write(viewer, bool(row.owner))
        _may_write(viewer, draft.own)
        if draft.revision != row.revision:
            what = f"it was changed meanwhile and is now at revision {row.revision}"
            raise Conflict(what, kind, "load it again and repeat the change", "changed-meanwhile")
        return _keep(viewer, row, draft, "change")


def remove_sheet(viewer: Viewer, kind: str, id: str) -> None:
    """Remove one for good."""
    with transaction.atomic():
        row = _row(viewer, kind, id)
        _may_write(viewer, bool(row.owner))
        name = str(row)
        row.delete()
        access.audit(viewer, f"{kind}.remove", name, {"id": id})


def _keep(viewer: Viewer, row: Sheet, draft: Draft, deed: str) -> SheetView:
    row.name_zh, row.name_en = _names(draft.name)
    row.body = _checked(viewer, row.kind, draft.body, _named(row.kind, row.body)[0] if row.body else set())
    row.owner = viewer.subject if draft.own else ""
    row.site = _site(viewer, draft.site)
    row.revision += 1
    row.changed_by, row.changed_at = viewer.subject, timezone.now()
    with transaction.atomic():
        row.save(force_insert=row.revision == 1)
        access.audit(viewer, f"{row.kind}.{deed}", str(row), {"id": row.id, "own": draft.own})
    return _view(viewer, row)


def _names(name: LocalText) -> tuple[str, str]:
    zh, en = text(name.zh, "name", NAME_LENGTH_MAX).strip(), text(name.en, "name", NAME_LENGTH_MAX).strip()
    if not zh and not en:
        raise InvalidInput("it has no name", "name", "give it one in Chinese or in English", "invalid-document")
    return zh, en


def _checked(viewer: Viewer, kind: str, body: Any, held: set[int]) -> dict[str, Any]:
    """The document in its one form; it may name signals that are gone only where it `held` them before."""
    named, written = _named(kind, body)
    wanted = named - held
    missing = sorted(wanted - signals.signals_of(viewer, wanted).keys())
    if missing:
        mend = "take it out, or choose another"
        raise InvalidInput(f"there is no signal {missing[0]}", "signals", mend, "invalid-document")
    return written


def _named(kind: str, body: Any) -> tuple[set[int], dict[str, Any]]:
    """The signals that a document names, and its one form."""
    if kind == DASHBOARD:
        tiles = read_tiles(body)
        return signals_in(tiles), write_tiles(tiles)
    comparison = read_comparison(body)
    return set(comparison.signals), write_comparison(comparison)


def _site(viewer: Viewer, key: str) -> str:
    if key and key not in {site.key for site in things.tree(viewer)}:
        raise InvalidInput(f'there is no site "{key[:60]}"', "site", "choose one of the plant", "invalid-document")
    return key


def _may_write(viewer: Viewer, own: bool) -> None:
    if own:
        access.reach_of(viewer, Right.SEE)
    else:
        access.require(viewer, Right.CONFIGURE)


def _seen(viewer: Viewer, kind: str) -> QuerySet[Sheet]:
    reach = access.reach_of(viewer, Right.SEE)
    everybodys = Q(owner="") if reach is None else Q(owner="", site__in={one.key for one in things.tree(viewer)})
    rows = Sheet.objects.filter(organisation_id=viewer.organisation, kind=kind)
    return rows.filter(everybodys | Q(owner=viewer.subject))


def _row(viewer: Viewer, kind: str, id: str, *, lock: bool = False) -> Sheet:
    rows = _seen(viewer, kind).filter(id=id if id.isascii() and id.isalnum() else "")
    found = (rows.select_for_update() if lock else rows).first()
    if found is None:
        raise NotFound(f"there is no such {kind}", kind, "choose one from the list", "not-found")
    return found


def _view(viewer: Viewer, row: Sheet) -> SheetView:
    return SheetView(
        id=row.id,
        kind=row.kind,
        name=LocalText(row.name_zh, row.name_en),
        own=bool(row.owner),
        site=row.site,
        body=row.body,
        revision=row.revision,
        changed_at=row.changed_at,
        may_change=bool(row.owner) or viewer.may(Right.CONFIGURE),
    )
