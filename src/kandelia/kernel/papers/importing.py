"""Rows of a file as records: columns found by their header, each line checked as the form would check it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import BaseConstraint, UniqueConstraint

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

CHUNK_ROWS = 500  # whose keys are asked for at once


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
        self._more_rules = len(declared.model._meta.constraints) > sum(map(_is_key, declared.model._meta.constraints))
        self._seen: set[tuple[str, ...]] = set()
        self._references: dict[tuple[str, str], list[Entry]] = {}

    def lines(self, rows: Iterator[Row]) -> Iterator[Line]:
        """Each row as a line; whether its keys are there already is asked a chunk at a time."""
        while lines := [self._line(number, cells) for number, cells in islice(rows, CHUNK_ROWS)]:
            self._know([line for line in lines if line.record is not None])
            yield from lines

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
        line.record = record

    def _know(self, lines: Sequence[Line]) -> None:
        """Mark what the file has told before or the table holds; one query for each key of the type."""
        there = {key for names in self._unique for key in self._there(names, lines)}
        for line in lines:
            keys = [key for names in self._unique if (key := _key(line.record, names))]
            line.known = any(key in self._seen or key in there for key in keys) or self._refused(line.record)
            self._seen.update(() if line.known else keys)
            line.record = None if line.known else line.record

    def _there(self, names: tuple[str, ...], lines: Sequence[Line]) -> Iterator[tuple[str, ...]]:
        given = {f"{name}__in": {getattr(line.record, name) for line in lines} - {None} for name in names}
        rows = self._declared.model.objects.filter(**given)
        for row in rows.values_list(*names) if lines else ():
            yield *names, *map(str, row)

    def _refused(self, record: Record | None) -> bool:
        """Rules of the table that are no plain keys are asked one by one."""
        if record is None or not self._more_rules:
            return False
        try:
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

    def _record(self, type: str, text: str, name: str) -> Entry:
        """A record by its number (文号) or title, among those the viewer may read."""
        if (type, text) not in self._references:
            rows = visible(self._viewer, type_of(type), Entry.objects.all())
            rows = rows | Entry.objects.filter(type=type, public=True)
            found = list(rows.filter(code=text)[:2]) or list(rows.filter(title=text)[:2])
            self._references[type, text] = found
        known = self._references[type, text]
        if len(known) != 1:
            what = f'there is no {type} "{text[:60]}"' if not known else f'several {type} are called "{text[:60]}"'
            raise InvalidInput(what, name, "give its number as the list shows it", "no-record")
        return known[0]

    def _mistake(self, number: int, name: str, error: KandeliaError) -> Mistake:
        return Mistake(number, self._titles.get(name, name), error.what, error.mend, error.code)


def _word(text: str) -> str:
    return "".join(normal(text).replace("*", "").split())


def _labels(one: Field) -> Mapping[str, Any]:
    return {_word(word): value for value, label in one.choices for word in (label.zh, label.en) if word}


def _unique_fields(declared: RecordType) -> list[tuple[str, ...]]:
    """By attribute: a reference is its number."""
    meta: Any = declared.model._meta
    singles = [(one.attname,) for one in meta.concrete_fields if one.unique and one.name != "entry"]
    several = [one.fields for one in meta.constraints if isinstance(one, UniqueConstraint) and _is_key(one)]
    return [*singles, *(tuple(meta.get_field(name).attname for name in names) for names in several)]


def _is_key(rule: BaseConstraint) -> bool:
    return isinstance(rule, UniqueConstraint) and rule.condition is None and bool(rule.fields)


def _key(record: Record | None, names: tuple[str, ...]) -> tuple[str, ...]:
    held = [getattr(record, name) for name in names]
    return () if None in held else (*names, *map(str, held))
