"""An import that is kept: its file is checked whole before a line is written, then written in chunks, each line once.

Small files are done at once, large ones by the jobs role with progress. A run that was ended goes on where it stopped.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from itertools import islice
from typing import Any

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from kandelia.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kandelia.base.ids import new_id
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.files import storage, tables
from kandelia.kernel.files.logic.kinds import end_of, fits, plain_name
from kandelia.kernel.jobs import facade as jobs
from kandelia.kernel.jobs.contracts import JobContext
from kandelia.kernel.papers.contracts import ImportState, ImportView, Mistake
from kandelia.kernel.papers.importing import Line, Reader, fields_of, missing
from kandelia.kernel.papers.models import Import
from kandelia.kernel.records import facade, writing
from kandelia.kernel.records.declaration import RecordType
from kandelia.kernel.records.permissions import may_create

KIND, CLEANING = "papers.import", "papers.clean"
AT_ONCE_BYTES_MAX = 100_000  # larger files are work for the jobs role
CHUNK_ROWS = 500
MISTAKES_SHOWN_MAX = 500
SAMPLE_ROWS = 5
KEPT_DAYS = 30


def begin(viewer: Viewer, type: str, name: str, chunks: Iterable[bytes]) -> ImportView:
    """Take a file and check every line of it. NotAllowed where the viewer may make no such record."""
    declared = _declared(viewer, type)
    name = plain_name(name, 200)
    format = end_of(name)
    if format not in tables.FORMATS:
        raise InvalidInput(f'no table in a file ".{format[:20]}"', "file", "send .xlsx or .csv", "format")
    written = storage.write(chunks, settings.PLATFORM.files.size_bytes_max)
    try:
        if not fits(format, written.head):
            raise InvalidInput(f"the file is no .{format}", "file", "save it again in the form its name says", "format")
        head = next(tables.read(storage.path_of(written.stored_as), format), (0, []))[1]
        fields = fields_of(declared, head)
        if not any(fields):
            wanted = ", ".join(one.label.say(viewer.language) for one in declared.fields if one.editable)
            raise InvalidInput("no column fits a field", "line 1", f"head the columns with: {wanted}", "no-columns")
    except BaseException:
        storage.remove(written.stored_as)
        raise
    row = Import(id=new_id(), organisation_id=viewer.organisation, type=type, file_name=name, format=format)
    row.stored_as, row.viewer, row.state = written.stored_as, _kept(viewer), ImportState.CHECKING
    row.columns, row.fields = ["" if title is None else str(title) for title in head], fields
    row.save(force_insert=True)
    _do(viewer, row, at_once=written.size <= AT_ONCE_BYTES_MAX)
    return view(viewer, row.id)


def write(viewer: Viewer, id: str) -> ImportView:
    """Make records of the good lines; Conflict when the file was not checked yet or is written already."""
    with transaction.atomic():
        row = _row(viewer, id, lock=True)
        _declared(viewer, row.type)
        if row.state != ImportState.CHECKED:
            raise Conflict(f"this import is {row.state}", "import", "look at it again in a moment", "state")
        if lacking := missing(facade.type_of(row.type), row.fields):
            raise InvalidInput(
                f"no column for {', '.join(lacking)}", "file", "add it and send the file again", "missing"
            )
        row.state, row.viewer = ImportState.WRITING, _kept(viewer)
        row.save(update_fields=["state", "viewer"])
    _do(viewer, row, at_once=row.found.get("rows", 0) <= CHUNK_ROWS)
    return view(viewer, id)


def view(viewer: Viewer, id: str) -> ImportView:
    """How it stands; NotFound for another organisation's."""
    row = _row(viewer, id)
    found = dict(row.found)
    return ImportView(
        row.id,
        row.type,
        row.file_name,
        ImportState(row.state),
        tuple(row.columns),
        tuple(row.fields),
        tuple(missing(facade.type_of(row.type), row.fields)),
        mistakes=tuple(Mistake(*one) for one in found.pop("mistakes", ())),
        sample=tuple(found.pop("sample", ())),
        made=row.made,
        job=row.job,
        created_at=row.created_at,
        **found,
    )


def wrong_lines(viewer: Viewer, id: str) -> tuple[list[str], Iterator[Line]]:
    """(head, lines with mistakes) of a file, to be mended and sent again."""
    row = _row(viewer, id)
    return list(row.columns), (line for line in _lines(row) if line.mistakes)


def work(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The job: check or write, whichever the import waits for."""
    row = Import.objects.filter(id=payload["id"]).first()
    if row is None:
        return {}
    if row.state == ImportState.CHECKING:
        _check(row, context)
    elif row.state == ImportState.WRITING:
        _write(row, context)
    return {"type": row.type, "import": row.id, "made": row.made}


def clean(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Files of imports that nobody has touched for a month go; the counts stay."""
    old = Import.objects.filter(created_at__lt=timezone.now() - timedelta(days=KEPT_DAYS)).exclude(stored_as="")
    for row in old:
        storage.remove(row.stored_as)
        row.stored_as = ""
        row.save(update_fields=["stored_as"])
    return {"removed": len(old)}


def _do(viewer: Viewer, row: Import, *, at_once: bool) -> None:
    if at_once:
        (_check if row.state == ImportState.CHECKING else _write)(row, None)
        return
    row.job = jobs.submit(viewer, KIND, {"id": row.id}, right=Right.SEE).id
    row.save(update_fields=["job"])


def _check(row: Import, context: JobContext | None) -> None:
    counts = {"rows": 0, "good": 0, "known": 0, "wrong": 0}
    mistakes: list[Mistake] = []
    sample: list[dict[str, str]] = []
    for line in _lines(row):
        counts["rows"] += 1
        counts["wrong" if line.mistakes else "known" if line.known else "good"] += 1
        mistakes += line.mistakes if len(mistakes) < MISTAKES_SHOWN_MAX else []
        if line.record is not None and len(sample) < SAMPLE_ROWS:
            sample.append(_sample(row, line))
        if context is not None and counts["rows"] % CHUNK_ROWS == 0:
            context.progress(0.0, f"{counts['rows']} lines checked")
    row.found = {**counts, "mistakes": [list(asdict(one).values()) for one in mistakes], "sample": sample}
    row.state = ImportState.CHECKED
    row.save(update_fields=["found", "state"])


def _sample(row: Import, line: Line) -> dict[str, str]:
    pairs = zip(row.columns, row.fields, line.cells, strict=False)
    return {title: "" if cell is None else str(cell) for title, name, cell in pairs if name}


def _write(row: Import, context: JobContext | None) -> None:
    viewer, declared = _viewer(row), facade.type_of(row.type)
    rows = int(row.found.get("rows", 0)) or 1
    good = (line for line in _lines(row, after=row.line) if line.record is not None)
    while lines := list(islice(good, CHUNK_ROWS)):
        _write_chunk(viewer, declared, row, lines)
        if context is not None:
            context.progress(min(1.0, row.line / rows), f"{row.made} records made")
    row.state, row.finished_at = ImportState.DONE, timezone.now()
    row.save(update_fields=["state", "finished_at"])


def _write_chunk(viewer: Viewer, declared: RecordType, row: Import, lines: Sequence[Line]) -> None:
    """The records and how far we are in one transaction: what is done twice by accident is written once."""
    with transaction.atomic():
        now = Import.objects.select_for_update().get(id=row.id)
        if now.line >= lines[-1].number:
            row.line, row.made = now.line, now.made
            return
        writing.create_many(viewer, declared, [line.record for line in lines if line.record is not None])
        row.line, row.made = lines[-1].number, now.made + len(lines)
        row.save(update_fields=["line", "made"])


def _lines(row: Import, after: int = 0) -> Iterator[Line]:
    if not row.stored_as:
        raise NotFound("the file of this import is no longer kept", "import", "send it again", "not-found")
    rows = tables.read(storage.path_of(row.stored_as), row.format)
    next(rows, None)
    reader = Reader(_viewer(row), facade.type_of(row.type), row.columns, row.fields)
    yield from reader.lines(one for one in rows if one[0] > after)


def _declared(viewer: Viewer, type: str) -> RecordType:
    declared = facade.type_of(type)
    if not declared.importable:
        raise Conflict(f"{declared.plural.en} are not imported", type, "make them one by one", "not-importable")
    if not may_create(viewer, declared):
        who = ", ".join(declared.create_by) or "nobody"
        raise NotAllowed(f"you may not make a {declared.name}", declared.name, f"these may: {who}", "not-allowed")
    return declared


def _row(viewer: Viewer, id: str, *, lock: bool = False) -> Import:
    rows = Import.objects.select_for_update() if lock else Import.objects.all()
    row = rows.filter(id=id[:26], organisation_id=viewer.organisation).first()
    if row is None or row.viewer["subject"] != viewer.subject:
        raise NotFound("there is no such import", "import", "send the file again", "not-found")
    return row


def _kept(viewer: Viewer) -> dict[str, Any]:
    kept: dict[str, Any] = msgspec.to_builtins(viewer)
    return kept


def _viewer(row: Import) -> Viewer:
    viewer: Viewer = msgspec.convert(row.viewer, Viewer)
    return viewer
