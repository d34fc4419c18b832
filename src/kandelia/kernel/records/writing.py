"""Records made, changed and removed: each with its history, its words for search and one line of the audit."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils import timezone

from kandelia.base.errors import Conflict, InvalidInput, NotAllowed
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.access.facade import audit
from kandelia.kernel.access.models import Organisation
from kandelia.kernel.access.places import root_of
from kandelia.kernel.records import store, timers
from kandelia.kernel.records.declaration import RecordType
from kandelia.kernel.records.fields import checked, parse
from kandelia.kernel.records.logic import numbering, terms
from kandelia.kernel.records.models import CODE_LENGTH_MAX, TITLE_LENGTH_MAX, Entry, FieldChange, Record, Serial
from kandelia.kernel.records.permissions import may_create, may_edit, sees, sides, unmasked
from kandelia.kernel.records.steps import note_step

CHUNK_ROWS = 500
listeners: list[Any] = []  # functions (viewer, declared, entry) called after one record was made, in its transaction


def on_create(listener: Any) -> None:
    """Call `listener(viewer, declared, entry)` for every record that is made singly, inside its transaction."""
    if listener not in listeners:
        listeners.append(listener)


def create(viewer: Viewer, declared: RecordType, values: Mapping[str, Any], *, organisation: str = "") -> Record:
    """A new record in the first state of its life, owned by `organisation` (the viewer's own when empty).

    Only the handling organisation may make one for another to own. InvalidInput names the field.
    """
    owner, handler = _places(viewer, declared, organisation)
    row = declared.model(**_parsed(declared, values, _settable(declared, values)))
    return _add(viewer, declared, row, owner, handler)


def add(viewer: Viewer, declared: RecordType, row: Record, *, organisation: str = "") -> Record:
    """Like `create`, of an unsaved model object that code of the type's app has filled, fields set by code too."""
    return _add(viewer, declared, row, *_places(viewer, declared, organisation))


def _add(viewer: Viewer, declared: RecordType, row: Record, owner: Organisation, handler: Organisation) -> Record:
    with transaction.atomic():
        row.entry = _entry(viewer, declared, owner, handler)
        row.entry.code = _codes(declared, 1)[0]  # before its words are made: a record is found by its number
        _finish(declared, row, [])
        row.entry.save(force_insert=True)
        row.entry_id = row.entry.pk
        _unique(row)
        row.save(force_insert=True)
        note_step(viewer, row.entry, "create", "", row.entry.state)
        timers.after_step(row.entry, declared.life, "create")
        if declared.saved:
            declared.saved(row)
        for listener in listeners:
            listener(viewer, declared, row.entry)
    return row


def create_many(
    viewer: Viewer,
    declared: RecordType,
    rows: Sequence[Record],
    *,
    organisation: str = "",
    state: str = "",
    each: Sequence[tuple[str, str]] = (),
    saved: bool = True,
) -> list[int]:
    """Many new records in one transaction, with one audit line over all of them: for imports and other rooms' writers.

    Rows are unsaved model objects whose values were parsed; `each` gives every row an (organisation, state) of its
    own; `saved` False: the caller itself writes what the type's `saved` would. Returns their entry ids.
    """
    wanted = each or [(organisation, state)] * len(rows)
    places = {name: _places(viewer, declared, name) for name in {name for name, _ in wanted} or {organisation}}
    owner = places[wanted[0][0]][0] if wanted else places[organisation][0]
    digest = hashlib.sha256()
    with transaction.atomic():
        codes = _codes(declared, len(rows))
        for row, (name, at), code in zip(rows, wanted, codes, strict=True):
            row.entry = _entry(viewer, declared, *places[name])
            row.entry.state = at or row.entry.state
            row.entry.public = declared.life.state(row.entry.state).public
            row.entry.code = code
            _finish(declared, row, [])
            digest.update(_content(declared, row))
        for start in range(0, len(rows), CHUNK_ROWS):
            _insert(declared, rows[start : start + CHUNK_ROWS])
        for row in rows if declared.saved and saved else ():
            declared.saved(row)  # type: ignore[misc]
        details = {"rows": len(rows), "owner": owner.id, "sha256": digest.hexdigest()}
        audit(viewer, "record.create", declared.name, details)
    return [row.entry.pk for row in rows]


def change(viewer: Viewer, declared: RecordType, id: int, values: Mapping[str, Any], revision: int = 0) -> Any:
    """Change fields; Conflict when the record was changed since `revision` was read (0: not asked)."""
    with transaction.atomic():
        row = store.one(viewer, declared, id, lock=True)
        if not may_edit(viewer, declared, row.entry):
            raise NotAllowed(
                f'it cannot be changed by you while it is "{row.entry.state}"',
                f"{declared.name}/{id}",
                "",
                "not-allowed",
            )
        check_revision(row.entry, revision)
        _refuse_masked(viewer, declared, row.entry, values)
        save_fields(viewer, declared, row, _parsed(declared, values, _settable(declared, values)))
    return row


def save_fields(viewer: Viewer, declared: RecordType, row: Record, parsed: Mapping[str, Any]) -> dict[str, list[str]]:
    """Set parsed values and what follows from them, and note what changed; says the changes (old, new) by field."""
    before = {one.name: getattr(row, one.attname) for one in row._meta.concrete_fields}
    for name, value in parsed.items():
        setattr(row, name, value)
    _finish(declared, row, list(parsed))
    _unique(row)
    changed = {
        one.name: [_text(before[one.name]), _text(getattr(row, one.attname))]
        for one in row._meta.concrete_fields
        if before[one.name] != getattr(row, one.attname)
    }
    if not changed:
        return {}
    row.entry.revision += 1
    row.entry.changed_at = timezone.now()
    row.entry.save(update_fields=["revision", "changed_at", "title", "search", "code"])
    row.save(update_fields=list(changed))
    FieldChange.objects.create(
        entry=row.entry, at=row.entry.changed_at, by=viewer.subject, by_name=viewer.name, fields=changed
    )
    audit(viewer, "record.change", f"{declared.name}/{row.entry_id}", {"fields": sorted(changed)})
    if declared.saved:
        declared.saved(row)
    return changed


def remove(viewer: Viewer, declared: RecordType, id: int) -> None:
    """Delete a record that is still in its first state; Conflict where another one refers to it."""
    with transaction.atomic():
        row = store.one(viewer, declared, id, lock=True)
        first = declared.life_of(row.entry.process).start.name
        if not declared.remove or row.entry.state != first or not may_edit(viewer, declared, row.entry):
            raise NotAllowed(
                "it cannot be deleted", f"{declared.name}/{id}", f'only while it is "{first}"', "not-allowed"
            )
        try:
            row.entry.delete()
        except models.ProtectedError as error:
            raise Conflict(
                "other records refer to it", f"{declared.name}/{id}", "remove those first", "used"
            ) from error
        audit(viewer, "record.remove", f"{declared.name}/{id}", {"title": row.entry.title})


def refresh(declared: RecordType, row: Record) -> None:
    """Title and words for search after code changed a row by itself."""
    _finish(declared, row, [])
    row.entry.save(update_fields=["title", "search", "code"])


def check_revision(entry: Entry, revision: int) -> None:
    """Conflict when somebody else changed it since it was read."""
    if revision and revision != entry.revision:
        raise Conflict(
            "somebody has changed this record meanwhile",
            f"{entry.type}/{entry.id}",
            "load it again and repeat",
            "changed",
        )


def parsed_values(declared: RecordType, values: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Values of fields that a step asks, parsed."""
    return _parsed(declared, values, set(names))


def _places(viewer: Viewer, declared: RecordType, organisation: str) -> tuple[Organisation, Organisation]:
    owner = Organisation.objects.filter(id=organisation or viewer.organisation).first()
    if owner is None:
        raise InvalidInput(f'there is no organisation "{organisation[:60]}"', "organisation", "choose one there is")
    handler = root_of(owner) if declared.handler == "root" else owner
    system = viewer.subject == "system"
    allowed = may_create(viewer, declared) and viewer.organisation in (owner.id, handler.id)
    if not (allowed or system):
        names = ", ".join(declared.create_by) or "nobody"
        raise NotAllowed(f"you may not make a {declared.name}", declared.name, f"these may: {names}", "not-allowed")
    return owner, handler


def _entry(viewer: Viewer, declared: RecordType, owner: Organisation, handler: Organisation) -> Entry:
    now, start = timezone.now(), declared.life.start
    return Entry(
        type=declared.name,
        organisation=owner,
        handler=handler,
        state=start.name,
        process=declared.life.version,
        public=start.public,
        created_by=viewer.subject,
        created_at=now,
        changed_at=now,
        state_at=now,
    )


def _settable(declared: RecordType, values: Mapping[str, Any]) -> set[str]:
    known = {field.name: field for field in declared.fields}
    for name in values:
        if name not in known:
            raise InvalidInput(
                f'there is no field "{name[:60]}"', name[:60], f"there are: {', '.join(known)}", "no-field"
            )
        if not known[name].editable:
            raise InvalidInput("this field is not set by hand", name, "leave it out", "not-editable")
    return {field.name for field in declared.fields if field.editable}


def _parsed(declared: RecordType, values: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: parse(declared, name, value) for name, value in values.items() if name in names}


def _refuse_masked(viewer: Viewer, declared: RecordType, entry: Entry, values: Mapping[str, Any]) -> None:
    """What one sees only starred, or not at all, one cannot overwrite."""
    on = sides(viewer, entry)
    for name in values:
        field = next((one for one in declared.fields if one.name == name), None)
        if field is not None and not (sees(viewer, field, on) and unmasked(viewer, field, on)):
            raise NotAllowed("you do not see this field whole", name, "leave it out", "not-allowed")


def _finish(declared: RecordType, row: Record, names: list[str]) -> None:
    """What follows from the fields; then the rules; then title and words."""
    if declared.derive:
        declared.derive(row)
    checked(declared, row, [field.name for field in declared.fields if field.name in names or row._state.adding])
    if declared.check:
        declared.check(row)
    title = " ".join(filter(None, (_text(getattr(row, name)) for name in declared.title)))
    row.entry.title = (title or declared.label.zh)[:TITLE_LENGTH_MAX]
    weighted = sorted((field for field in declared.fields if field.weight), key=lambda field: -field.weight)
    texts = [row.entry.code, *(_words(getattr(row, field.name)) for field in weighted if not field.seen_by)]
    row.entry.search = terms.document(texts, [terms.mark(*one) for one in _marks(declared, row.entry)])


def _marks(declared: RecordType, entry: Entry) -> tuple[tuple[str, str], ...]:
    return ("t", declared.name), ("o", entry.organisation_id), ("h", entry.handler_id)


def _unique(row: Record) -> None:
    try:
        row.validate_unique(exclude={"entry"})
        row.validate_constraints(exclude={"entry"})
    except ValidationError as error:
        name, texts = next(iter(error.message_dict.items()))
        raise Conflict(" ".join(texts), name, "open the record that has it", "exists") from error


def _codes(declared: RecordType, count: int) -> list[str]:
    """The next document numbers of the type's row, taken at once; empty texts where it has none."""
    if not declared.number or not count:
        return [""] * count
    day = timezone.localdate()
    serial, _ = Serial.objects.select_for_update().get_or_create(key=numbering.row_of(declared.number, day)[:80])
    serial.last += count
    serial.save(update_fields=["last"])
    first = serial.last - count + 1
    return [numbering.number(declared.number, day, first + n)[:CODE_LENGTH_MAX] for n in range(count)]


def _insert(declared: RecordType, rows: Sequence[Record]) -> None:
    Entry.objects.bulk_create([row.entry for row in rows])
    for row in rows:
        row.entry = row.entry  # takes over the key that the row was given
    declared.model.objects.bulk_create(rows)


def _content(declared: RecordType, row: Record) -> bytes:
    values = {field.name: _text(getattr(row, field.name)) for field in declared.fields}
    return json.dumps(values, sort_keys=True, cls=DjangoJSONEncoder).encode()


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value.title if isinstance(value, Entry) else str(value)


def _words(value: Any) -> str:
    return " ".join(map(str, value.values())) if isinstance(value, dict) else _text(value)
