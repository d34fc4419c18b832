"""What the four levels say of themselves alike: fields, columns and rights of their record types."""

from typing import Any

from django.db.models import Q

from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Right
from kandelia.kernel.records.declaration import Field, Group, RecordType
from kandelia.kernel.things.living import Hanging, life
from kandelia.kernel.things.models import Machine, Named
from kandelia.kernel.things.store import within

PATH = Field("path", LocalText("路径", "Path"), editable=False, weight=4)
NAMES = (
    Field("name_zh", LocalText("中文名称", "Chinese name"), weight=3),
    Field("name_en", LocalText("英文名称", "English name"), weight=3),
)


def level(
    model: type[Named],
    name: str,
    label: LocalText,
    plural: LocalText,
    parents: tuple[Field, ...],
    more: tuple[Field, ...] = (),
    *,
    below: Hanging,
    icon: str,
    **options: Any,
) -> RecordType:
    """The record type of one level. It is made by plant files, the API and the plant's screens, which know its place;
    the form changes what it is called and what it is."""
    return RecordType(
        name=name,
        label=label,
        plural=plural,
        model=model,
        life=life(below),
        groups=(Group(label, (PATH, *NAMES, *parents, *more)),),
        title=("path",),
        columns=("path", "name_zh", "name_en", *(field.name for field in more if field.lines == 1)),
        sorts=("path",),
        filters=("path", *options.pop("filters", ())),
        icon=icon,
        group="plant",
        in_rail=False,
        importable=False,
        remove=False,
        narrow=narrow,
        placed=True,
        **options,
    )


def narrow(viewer: Any, rows: Any) -> Any:
    """Those at and below the places of whoever sees only places."""
    reach = viewer.reach(Right.SEE)
    if reach is None:
        return rows
    found = within(reach) if rows.model is Machine else Q(path__in=reach.places)
    for place in reach.places:
        found |= Q(path__startswith=f"{place}/")
    return rows.filter(found)


def count_words(count: int, one: str, many: str) -> str:
    """How many of something, empty for none."""
    return f"{count} {one if count == 1 else many}" if count else ""
