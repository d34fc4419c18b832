"""The plant's hierarchy for everyone else: what a viewer's organisation has, and how it is changed."""

from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from kandelia.base.errors import Conflict, InvalidInput
from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import (
    audit,
    place_removed,
    places_changed,
    places_moved,
    reach_of,
    require,
    require_at,
)
from kandelia.kernel.records.models import Entry
from kandelia.kernel.things import store
from kandelia.kernel.things.changes import Moved, announce
from kandelia.kernel.things.contracts import AreaView, LineView, MachineView, SiteView
from kandelia.kernel.things.logic.paths import Path, check_key, parse
from kandelia.kernel.things.logic.reaching import narrowed
from kandelia.kernel.things.models import Area, Line, Machine, Site
from kandelia.kernel.things.writing import Writer, Written, follow_move

CARD_SIGNALS_MAX = 3


def tree(viewer: Viewer) -> tuple[SiteView, ...]:
    """Every site with all below it; of a viewer who sees only places, those and what stands above them."""
    reach = reach_of(viewer, Right.SEE)
    sites = store.tree(viewer.organisation)
    return sites if reach is None else narrowed(sites, reach)


def machine(viewer: Viewer, path: str) -> MachineView:
    """The machine at "site/area/machine"; NotFound also for another organisation's, and for one out of reach."""
    reach = reach_of(viewer, Right.SEE)
    view = store.machine_view(store.machine_row(viewer.organisation, *_path(path, "machine").keys))
    if reach is not None and not reach.covers(view.path, view.line):
        raise store.nothing(view.path)
    return view


def put_site(viewer: Viewer, key: str, name: LocalText, time_zone: str = "") -> None:
    """Make or change a site."""
    with _writing(viewer, key) as writer:
        writer.site(SiteView(key, name, time_zone))
        _audit(viewer, writer.written)


def put_area(viewer: Viewer, path: str, name: LocalText) -> None:
    """Make or change the area at "site/area"."""
    site, key = _path(path, "area").keys
    with _writing(viewer, f"{site}/{key}") as writer:
        writer.area(store.site_row(viewer.organisation, site), AreaView(key, name))
        _audit(viewer, writer.written)


def put_line(viewer: Viewer, path: str, name: LocalText) -> None:
    """Make or change the line at "site/area/lines/line"."""
    site, area, key = _path(path, "line").keys
    with _writing(viewer, f"{site}/{area}/lines/{key}") as writer:
        writer.line(store.area_row(viewer.organisation, site, area), LineView(key, name))
        _audit(viewer, writer.written)


def put_machine(
    viewer: Viewer,
    path: str,
    name: LocalText,
    *,
    kind: str = "",
    line: str = "",
    card_signals: tuple[str, ...] = (),
    state_signal: str = "",
) -> MachineView:
    """Make or change the machine at "site/area/machine"; `line` is a line's key in that area."""
    site, area, key = _path(path, "machine").keys
    if len(card_signals) > CARD_SIGNALS_MAX:
        raise InvalidInput("too many card signals", "card_signals", f"name {CARD_SIGNALS_MAX} at most", "too-many")
    view = MachineView(path, key, name, kind, site, area, line, card_signals, state_signal)
    with _writing(viewer, view.path, line) as writer:
        before = store.line_of(viewer.organisation, site, area, key)
        require_at(viewer, Right.CONFIGURE, view.path, line if before is None else before)
        stands_in = store.area_row(viewer.organisation, site, area)
        stands_on = store.line_row(viewer.organisation, site, area, line) if line else None
        writer.machine(stands_in, stands_on, view)
        _audit(viewer, writer.written)
        if before not in (None, line):
            places_changed(viewer.organisation)
    return machine(viewer, path)


def put_tree(viewer: Viewer, sites: tuple[SiteView, ...]) -> Written:
    """Bring a whole tree in, in the order given; what it does not mention stays. Audited as one change."""
    require(viewer, Right.CONFIGURE)
    with transaction.atomic():
        written = Writer(viewer.organisation, ordered=True, subject=viewer.subject).tree(sites)
        _audit(viewer, written)
    return written


def move(viewer: Viewer, path: str, to: str) -> None:
    """Rename or move a thing; what is below moves along, signals keep number and history."""
    before, after = parse(path), _path(to, parse(path).level)
    line = _line_of(viewer, before)
    require_at(viewer, Right.CONFIGURE, str(before), line)
    require_at(viewer, Right.CONFIGURE, str(after), line if before.keys[:2] == after.keys[:2] else "")
    if before == after:
        return
    try:
        with transaction.atomic():
            row = store.row_at(viewer.organisation, before)
            _place(viewer, row, after)
            follow_move(viewer.organisation, row, str(before), str(after), viewer.subject)
            places_moved(viewer.organisation, str(before), str(after))
            announce(Moved(viewer.organisation, str(before), str(after)))
            audit(viewer, "thing.move", str(before), {"to": str(after)})
    except IntegrityError as error:
        raise Conflict(f'"{after}" stands there already', "to", "choose another key", "exists") from error


def remove(viewer: Viewer, path: str) -> None:
    """Remove a thing with nothing below it; Conflict while something hangs on it."""
    where = parse(path)
    require_at(viewer, Right.CONFIGURE, str(where), _line_of(viewer, where))
    try:
        with transaction.atomic():
            row = store.row_at(viewer.organisation, where)
            Entry.objects.filter(id=row.entry_id).delete()
            place_removed(viewer.organisation, str(where))
            audit(viewer, "thing.remove", str(where), {})
    except ProtectedError as error:
        kinds = sorted({type(found).__name__.lower() for found in error.protected_objects})
        what = f'"{where}" still has {", ".join(f"{kind}s" for kind in kinds)}'
        raise Conflict(what, "path", "remove or move those first", "in-use") from error


def _place(viewer: Viewer, row: Site | Area | Line | Machine, to: Path) -> None:
    row.key = check_key(to.keys[-1], to.level)
    if isinstance(row, Area):
        row.site = store.site_row(viewer.organisation, to.keys[0])
    elif isinstance(row, Line):
        if (row.area.site.key, row.area.key) != to.keys[:2]:
            raise InvalidInput("a line stays in its area", "to", "move its machines one by one", "line-moves")
    elif isinstance(row, Machine):
        area = store.area_row(viewer.organisation, *to.keys[:2])
        row.line = row.line if area.pk == row.area.pk else None
        row.area = area
    row.save()


class _writing(transaction.Atomic):
    """A checked transaction that gives a Writer of the viewer's organisation."""

    def __init__(self, viewer: Viewer, at: str, line: str = "") -> None:
        require_at(viewer, Right.CONFIGURE, at, line)
        super().__init__(using=None, savepoint=True, durable=False)
        self._writer = Writer(viewer.organisation, subject=viewer.subject)

    def __enter__(self) -> Writer:  # type: ignore[override]
        super().__enter__()
        return self._writer


def _line_of(viewer: Viewer, path: Path) -> str:
    """The key of the line that a machine stands on, empty for others."""
    return (store.line_of(viewer.organisation, *path.keys) or "") if path.level == "machine" else ""


def _path(text: str, level: str) -> Path:
    found = parse(text)
    if found.level != level:
        raise InvalidInput(f'"{text[:200]}" is the path of a {found.level}', "path", f"give that of a {level}", "level")
    return found


def _audit(viewer: Viewer, written: Written) -> None:
    paths = written.created + written.changed
    if len(paths) == 1:
        audit(viewer, "thing.create" if written.created else "thing.change", paths[0], {})
    elif paths:
        details = {"created": len(written.created), "changed": len(written.changed), "first": paths[:20]}
        audit(viewer, "thing.load", f"{len(paths)} things", details)
