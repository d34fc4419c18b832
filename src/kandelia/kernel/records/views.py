"""Makes of rows what one viewer may see of them."""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils.translation import get_language

from kandelia.base.text import LocalText
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.access.models import Organisation
from kandelia.kernel.records.contracts import RecordView, Ref
from kandelia.kernel.records.declaration import Field, RecordType
from kandelia.kernel.records.models import Entry, Record
from kandelia.kernel.records.permissions import desk, may_edit, sees, sides, unmasked

MASK_KEPT = {"id": (3, 4), "account": (0, 4), "phone": (3, 4), "name": (1, 0)}
MASK = "*"


def masked(value: Any, personal: str) -> str:
    """A personal value with its middle starred, as long as it was."""
    text = str(value or "")
    head, tail = MASK_KEPT[personal]
    if len(text) <= head + tail:
        return MASK * len(text)
    return text[:head] + MASK * (len(text) - head - tail) + (text[-tail:] if tail else "")


def ref_of(entry: Entry) -> Ref:
    """A record as others name it."""
    return Ref(entry.id, entry.type, entry.title, entry.state)


def view_of(declared: RecordType, row: Record, viewer: Viewer | None, *, editable: bool = False) -> RecordView:
    """One row for one viewer; `editable` asks whether its fields may be changed now."""
    entry = row.entry
    on = sides(viewer, entry) if viewer else set()
    shown = [field for field in declared.fields if sees(viewer, field, on)]
    hidden = tuple(field.name for field in shown if not unmasked(viewer, field, on))
    return RecordView(
        id=entry.id,
        type=entry.type,
        code=entry.code,
        title=entry.title,
        state=entry.state,
        state_label=label_of(declared, entry, desk_is_owner(viewer, entry)),
        organisation=entry.organisation_id,
        organisation_name=_named(entry.organisation, viewer),
        handler=entry.handler_id,
        values={field.name: _value(row, field, field.name in hidden) for field in shown},
        revision=entry.revision,
        created_at=entry.created_at,
        changed_at=entry.changed_at,
        state_at=entry.state_at,
        due_at=entry.due_at,
        process=entry.process,
        public=entry.public,
        mine="owner" in on,
        may_edit=editable and viewer is not None and may_edit(viewer, declared, entry),
        masked=hidden,
    )


def desk_is_owner(viewer: Viewer | None, entry: Entry) -> bool:
    """Whether the viewer looks at the record as its owner and not as the one who handles it."""
    return viewer is not None and viewer.organisation != entry.handler_id


def label_of(declared: RecordType, entry: Entry, as_owner: bool) -> LocalText:
    """The state's name, in the words that the owner is told where there are such."""
    try:
        state = declared.life_of(entry.process).state(entry.state)
    except KeyError:
        return LocalText(entry.state, entry.state)
    return state.owner_label if as_owner and state.owner_label.say("en") else state.label


def seen_fields(declared: RecordType, viewer: Viewer | None) -> tuple[Field, ...]:
    """The fields that a list, an export or a form may show this viewer at all, whatever the row."""
    on: Iterable[str] = {desk(viewer, declared), "owner"} if viewer else ()
    return tuple(field for field in declared.fields if sees(viewer, field, on))


def _named(owner: Organisation, viewer: Viewer | None) -> str:
    language = viewer.language if viewer else get_language() or "zh"
    return LocalText(owner.name_zh, owner.name_en).say(language) or owner.id


def _value(row: Record, field: Field, hidden: bool) -> Any:
    value = getattr(row, field.name)
    if hidden:
        return masked(value, field.personal)
    if isinstance(value, Entry):
        return ref_of(value)
    if hasattr(value, "sign_in"):
        return Ref(value.pk, "person", str(value))
    return str(value) if isinstance(value, models.Model) else value
