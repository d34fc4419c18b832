"""Rows of a file as records: columns found by their header, each line checked as the form would check it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import UniqueConstraint

from kandelia.base.errors import InvalidInput, KandeliaError
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.files.tables import Row
from kandelia.kernel.papers.contracts import Mistake
from kandelia.kernel.records.contracts import Kind
from kandelia.kernel.records.declaration import Field, RecordType
from kandelia.kernel.records.fields import checked, column_of, is_required, kind_of, parse
from kandelia.kernel.records.logic.terms import normal
from kandelia.kernel.records.models import Entry, Record
from kandelia.kernel.records.permissions import visible
from kandelia.kernel.records.registry import type_of


@dataclass(slots=True)
class Line:
    """A line of the file: the record it makes, or why it makes none. `known`: such a record is there already."""

    number: int
    cells: list[Any]
    record: Record | None = None
    mistakes: list[Mistake] = field(default_factory=list)
    known: bool = False


def fields_of(declared: RecordType, head: Sequence[Any]) -> list[str]:
    """By column the field it fills ("" for none): by label in either language, or by name."""
    by_word: dict[str, str] = {}
    for one in declared.fields:
        if one.editable:
            for word in (one.name, one.label.zh, one.label.en):
                by_word.setdefault(_word(word), one.name)
    found: list[str] = []
    for title in head:
        name = by_word.get(_word(str(title or "")), "")
        found.append(name if name not in found else "")
    return found


def missing(declared: RecordType, fields: Sequence[str]) -> list[str]:
    """Required fields that no column fills."""
    wanted = [one.name for one in declared.fields if one.editable and is_required(declared, one)]
    return [name for name in wanted if name not in fields]


class Reader:
    """Reads lines for one viewer; remembers what a file has told before, so that a line that repeats is known."""

    def __init__(self, viewer: Viewer, declared: RecordType, head: Sequence[Any], fields: Sequence[str]) -> None:
        self._viewer, self._declared = viewer, declared
        self._columns = [(place, name) for place, name in enumerate(fields) if name]
        self._titles = {name: str(head[place]) for place, name in self._columns}
        self._labels = {name: _labels(declared.field(name)) for _, name in self._columns}
        self._unique = _unique_fields(declared)
        self._seen: set[tuple[str, ...]] = set()
        self._references: dict[tuple[str, str], Any] = {}

    def lines(self, rows: Iterator[Row]) -> Iterator[Line]:
        """Each row as a line."""
        for number, cells in rows:
            yield self._line(number, cells)

    def _line(self, number: int, cells: list[Any]) -> Line:
        line, values = Line(number, cells), {}
        for place, name in self._columns:
            given = cells[place] if place < len(cells) else None
            try:
                values[name] = parse(self._declared, name, self._meant(name, given))
            except KandeliaError as error:
                line.mistakes.append(self._mistake(number, name, error))
        if not line.mistakes:
            self._check(line, self._declared.model(**values), list(values))
        return line

    def _check(self, line: Line, record: Record, names: list[str]) -> None:
        """The rules on the whole record, as writing it applies them; then whether it is there already."""
        try:
            if self._declared.derive:
                self._declared.derive(record)
            checked(self._declared, record, names)
            if self._declared.check:
                self._declared.check(record)
        except KandeliaError as error:
            line.mistakes.append(self._mistake(line.number, error.where, error))
            return
        line.known = self._is_known(record)
        line.record = None if line.known else record

    def _is_known(self, record: Record) -> bool:
        values = [(names, [getattr(record, name) for name in names]) for names in self._unique]
        keys = [(*names, *map(str, held)) for names, held in values if None not in held]
        if any(key in self._seen for key in keys):
            return True
        self._seen.update(keys)
        try:
            record.validate_unique(exclude={"entry"})
            record.validate_constraints(exclude={"entry"})
        except ValidationError:
            return True
        return False

    def _meant(self, name: str, given: Any) -> Any:
        """Labels of choices and titles of records as what they stand for."""
        kind = kind_of(self._declared, self._declared.field(name))
        if kind is Kind.CHOICE and isinstance(given, str):
            return self._labels[name].get(_word(given), given)
        if kind is Kind.REFERENCE and given not in (None, ""):
            return self._record(column_of(self._declared, name).refers_to, str(given).strip(), name)
        return given

    def _record(self, type: str, text: str, name: str) -> int:
        """A record by its number (文号) or title, among those the viewer may read."""
        if (type, text) not in self._references:
            rows = visible(self._viewer, type_of(type), Entry.objects.all())
            rows = rows | Entry.objects.filter(type=type, public=True)
            found = list(rows.filter(code=text)[:2]) or list(rows.filter(title=text)[:2])
            self._references[type, text] = [row.pk for row in found]
        ids = self._references[type, text]
        if len(ids) != 1:
            what = f'there is no {type} "{text[:60]}"' if not ids else f'several {type} are called "{text[:60]}"'
            raise InvalidInput(what, name, "give its number as the list shows it", "no-record")
        return int(ids[0])

    def _mistake(self, number: int, name: str, error: KandeliaError) -> Mistake:
        return Mistake(number, self._titles.get(name, name), error.what, error.mend, error.code)


def _word(text: str) -> str:
    return "".join(normal(text).replace("*", "").split())


def _labels(one: Field) -> Mapping[str, Any]:
    return {_word(word): value for value, label in one.choices for word in (label.zh, label.en) if word}


def _unique_fields(declared: RecordType) -> list[tuple[str, ...]]:
    meta = declared.model._meta
    singles = [(one.name,) for one in meta.concrete_fields if one.unique and one.name != "entry"]
    several = [one for one in meta.constraints if isinstance(one, UniqueConstraint) and one.condition is None]
    return [*singles, *(tuple(one.fields) for one in several if one.fields)]
