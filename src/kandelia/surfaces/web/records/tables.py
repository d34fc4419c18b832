"""The table of a list: which columns there are, and each row's cells."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.records.contracts import Kind, RecordPage, RecordView
from kandelia.kernel.records.declaration import Field, RecordType
from kandelia.kernel.records.facade import seen_fields
from kandelia.kernel.records.fields import kind_of
from kandelia.surfaces.web.records.asking import Asked
from kandelia.surfaces.web.records.shown import NUMERIC, Shown, mark, portal_url, record_url, shown

TOO_LONG = (Kind.LONG_TEXT, Kind.OBJECT)
COLUMNS_MAX = 20


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `order` is the query string that sorts by it, empty where it cannot be; `sorted` "up" or "down"."""

    name: str
    label: str
    numeric: bool = False
    order: str = ""
    sorted: str = ""
    chosen: bool = False
    main: bool = False  # it names the record


@dataclass(frozen=True, slots=True)
class Row:
    """A row: a cell for each column, the first of which carries the link."""

    id: int
    url: str
    title: str
    cells: tuple[tuple[Column, Shown], ...]


def columns(declared: RecordType, viewer: Viewer | None, asked: Asked, language: str) -> tuple[Column, ...]:
    """Every column that this viewer may choose, the chosen ones marked; the title is always there."""
    fields = [field for field in seen_fields(declared, viewer) if kind_of(declared, field) not in TOO_LONG]
    wanted = chosen(declared, viewer, asked, {field.name for field in fields})
    labels = {**_entry_labels(), **{field.name: field.label.say(language) for field in fields}}
    numeric = {field.name for field in fields if kind_of(declared, field) in NUMERIC}
    ordered = [*wanted, *(name for name in labels if name not in wanted)]
    return tuple(
        Column(
            name,
            labels[name],
            name in numeric,
            *_order(declared, name, asked),
            chosen=name in wanted,
            main=name in ("title", declared.title[0]),
        )
        for name in ordered
    )


def chosen(declared: RecordType, viewer: Viewer | None, asked: Asked, known: set[str]) -> tuple[str, ...]:
    """The columns in the address, else the type's own between code and state."""
    offered = known | _entry_labels().keys()
    wanted = [name for name in asked.columns if name in offered] or _usual(declared, viewer, known)
    return tuple(dict.fromkeys([*wanted, *(() if _titled(declared, wanted) else ("title",))]))[:COLUMNS_MAX]


def rows(
    declared: RecordType,
    page: RecordPage,
    shown_columns: tuple[Column, ...],
    asked: Asked,
    language: str,
    *,
    public: bool = False,
) -> tuple[Row, ...]:
    """The rows of a page with a cell for each column; an organisation's narrows the list to it."""
    fields = {field.name: field for field in declared.fields}
    return tuple(
        Row(
            view.id,
            (portal_url if public else record_url)(view.type, view.id),
            view.title,
            tuple(
                (one, _cell(declared, view, one.name, fields.get(one.name), asked, language, public))
                for one in shown_columns
            ),
        )
        for view in page.items
    )


def _usual(declared: RecordType, viewer: Viewer | None, known: set[str]) -> list[str]:
    own = [name for name in declared.columns if name in known]
    names = [] if _titled(declared, own) else ["title"]
    names = [*(["code"] if declared.number else []), *names, *own, "state"]
    if viewer is None:
        return names
    names += ["organisation"] if declared.handler == "root" else []
    return [*names, *(["due"] if declared.life.deadlines else []), "changed"]


def _titled(declared: RecordType, names: list[str]) -> bool:
    """Whether the title can be read off the columns."""
    return "title" in names or declared.title[0] in names


def _entry_labels() -> dict[str, str]:
    return {
        "code": _("Number"),
        "title": _("Title"),
        "state": _("State"),
        "organisation": _("Organisation"),
        "due": _("Due"),
        "changed": _("Changed"),
        "created": _("Made"),
    }


def _order(declared: RecordType, name: str, asked: Asked) -> tuple[str, str]:
    if name not in declared.sorts and declared.title == (name,):
        name = "title"  # the same words, by the index that all types share
    if name == "organisation" or (name not in declared.sorts and name not in _entry_labels()):
        return "", ""
    sort = asked.query.sort
    here = {name: "up", f"-{name}": "down"}.get(sort, "")
    return asked.address(sort=f"-{name}" if here == "up" else name), here


def _cell(
    declared: RecordType,
    view: RecordView,
    name: str,
    field: Field | None,
    asked: Asked,
    language: str,
    public: bool,
) -> Shown:
    if field is not None:
        return shown(declared, field, view.values.get(name), language, public=public)
    if name == "state":
        return Shown(mark=mark(declared, view, language))
    if name == "organisation":
        return Shown(view.organisation_name, f"?{asked.address(organisation=view.organisation)}")
    texts = {"code": view.code, "title": view.title}
    if name in texts:
        return Shown(texts[name])
    return Shown(at={"due": view.due_at, "changed": view.changed_at, "created": view.created_at}[name])
