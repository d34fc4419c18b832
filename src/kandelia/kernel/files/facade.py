"""Attached files for everyone else. Who may read or add follows the subject: callers ask for that right first."""

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from kandelia.base.errors import Conflict, InvalidInput, NotAllowed, NotFound, TooMuch
from kandelia.base.ids import new_id
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import audit
from kandelia.kernel.files import scanning, storage
from kandelia.kernel.files.contracts import FileState, FileView
from kandelia.kernel.files.logic.kinds import KINDS, end_of, fits, plain_name
from kandelia.kernel.files.models import NAME_LENGTH_MAX, StoredFile
from kandelia.kernel.jobs import facade as jobs

FILES_PER_SUBJECT_MAX = 200


def add(
    viewer: Viewer, subject: str, name: str, chunks: Iterable[bytes], *, organisation: str, slot: str = ""
) -> FileView:
    """Attach a file. InvalidInput for a kind that is not taken or that is not what its name says, TooMuch if too large.

    Where a scanner is set, the file waits until it was seen.
    """
    limits, name = settings.PLATFORM.files, plain_name(name, NAME_LENGTH_MAX)
    end = end_of(name)
    if end not in KINDS or end not in limits.types:
        raise InvalidInput(
            f'files ".{end[:20]}" are not taken', "file", f"send one of: {', '.join(limits.types)}", "kind"
        )
    if StoredFile.objects.filter(subject=subject).count() >= FILES_PER_SUBJECT_MAX:
        raise TooMuch(f"{FILES_PER_SUBJECT_MAX} files are attached", subject, "remove some first", "too-many")
    written = storage.write(chunks, limits.size_bytes_max)
    try:
        if not fits(end, written.head):
            raise InvalidInput(
                f"the file is no .{end}", "file", "save it again in the form its name says", "not-its-kind"
            )
        return _keep(viewer, StoredFile(subject=subject, slot=slot[:40], name=name), organisation, written)
    except BaseException:
        storage.remove(written.stored_as)
        raise


def _keep(viewer: Viewer, row: StoredFile, organisation: str, written: storage.Written) -> FileView:
    row.id, row.organisation_id = new_id(), organisation
    row.media_type = KINDS[end_of(row.name)].media_type
    row.size, row.sha256, row.stored_as = written.size, written.sha256, written.stored_as
    row.added_by, row.added_by_name, row.added_at = viewer.subject, viewer.name[:200], timezone.now()
    row.state = FileState.WAITING if scanning.command() else FileState.CLEAN
    with transaction.atomic():
        row.save(force_insert=True)
        details = {"id": row.id, "name": row.name, "size": row.size, "sha256": row.sha256}
        audit(viewer, "file.add", row.subject, details)
        if row.state == FileState.WAITING:
            jobs.submit(viewer, scanning.KIND, {"id": row.id}, right=Right.SEE)
    return _view(row)


def files_of(subject: str) -> tuple[FileView, ...]:
    """What is attached, oldest first."""
    return tuple(_view(row) for row in StoredFile.objects.filter(subject=subject).order_by("id"))


def counts(subjects: Iterable[str]) -> dict[str, int]:
    """How many files each subject has, those without left out."""
    found: dict[str, int] = {}
    for subject in StoredFile.objects.filter(subject__in=list(subjects)).values_list("subject", flat=True):
        found[subject] = found.get(subject, 0) + 1
    return found


def open_file(subject: str, id: str) -> tuple[FileView, Iterator[bytes]]:
    """A file and its bytes. Conflict while the scanner has not seen it, NotAllowed once it refused it."""
    row = _row(subject, id)
    if row.state == FileState.WAITING:
        raise Conflict("the file was not checked yet", row.name, "try again in a minute", "not-checked")
    if row.state == FileState.REFUSED:
        raise NotAllowed(f"the check refused this file: {row.note}", row.name, "remove it", "refused")
    return _view(row), storage.read(row.stored_as)


def remove(viewer: Viewer, subject: str, id: str) -> None:
    """Take a file away for good; its name and digest stay in the audit."""
    with transaction.atomic():
        row = _row(subject, id)
        stored_as = row.stored_as
        row.delete()
        audit(viewer, "file.remove", subject, {"id": id, "name": row.name, "sha256": row.sha256})
        transaction.on_commit(lambda: storage.remove(stored_as))


def remove_all(viewer: Viewer, subject: str) -> None:
    """What hangs on a subject that is removed itself."""
    for row in StoredFile.objects.filter(subject=subject):
        remove(viewer, subject, row.id)


def _row(subject: str, id: str) -> StoredFile:
    row = StoredFile.objects.filter(subject=subject, id=id[:26]).first()
    if row is None:
        raise NotFound("there is no such file", subject, "see what is attached", "not-found")
    return row


def _view(row: StoredFile) -> FileView:
    return FileView(
        row.id,
        row.subject,
        row.name,
        row.media_type,
        row.size,
        row.sha256,
        FileState(row.state),
        row.added_by,
        row.added_by_name,
        row.added_at,
        row.slot,
        row.note,
    )
