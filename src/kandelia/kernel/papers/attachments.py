"""Files of a record: read by those who read it, added and removed by those who work on it now."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models.signals import post_delete

from kandelia.base.errors import Conflict, NotAllowed, NotFound
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.access.guards import system_viewer
from kandelia.kernel.files import facade as files
from kandelia.kernel.files.contracts import FileView
from kandelia.kernel.records import erasing, store
from kandelia.kernel.records.declaration import RecordType
from kandelia.kernel.records.models import Entry
from kandelia.kernel.records.permissions import may_edit, may_step, sides
from kandelia.kernel.records.registry import type_of


def begin() -> None:
    """The files of a record that is removed, or whose personal data are erased, go with it."""
    post_delete.connect(_removed, sender=Entry, dispatch_uid="papers.attachments")
    erasing.on_anonymise(_forget)


def subject_of(type: str, id: int) -> str:
    """What files of a record hang on."""
    return f"{type}/{id}"


def files_of(viewer: Viewer | None, type: str, id: int) -> tuple[FileView, ...]:
    """The files of a record. Of a public record only its own two sides see them, unless its type opens them to all."""
    declared = type_of(type)
    entry = store.one(viewer, declared, id).entry
    return files.files_of(subject_of(type, id)) if _may_see(viewer, declared, entry) else ()


def may_add(viewer: Viewer, type: str, id: int) -> bool:
    """Whether the viewer may add files now: who may change its fields, or who has a step of its to take."""
    declared = type_of(type)
    return _may_add(viewer, declared, store.one(viewer, declared, id).entry)


def add(viewer: Viewer, type: str, id: int, name: str, chunks: Iterable[bytes], slot: str = "") -> FileView:
    """Attach a file to a record."""
    declared = type_of(type)
    entry = store.one(viewer, declared, id).entry
    if not declared.attachments:
        raise Conflict(f"a {declared.name} has no attachments", type, "", "no-attachments")
    _refuse(viewer, declared, entry)
    return files.add(viewer, subject_of(type, id), name, chunks, organisation=entry.organisation_id, slot=slot)


def open_file(viewer: Viewer | None, type: str, id: int, file: str) -> tuple[FileView, Iterator[bytes]]:
    """A file of a record and its bytes."""
    declared = type_of(type)
    if not _may_see(viewer, declared, store.one(viewer, declared, id).entry):
        raise NotFound("there is no such file", subject_of(type, id), "see what is attached", "not-found")
    return files.open_file(subject_of(type, id), file)


def remove(viewer: Viewer, type: str, id: int, file: str) -> None:
    """Take a file of a record away; only who added it, or who may change the record's fields."""
    declared = type_of(type)
    entry = store.one(viewer, declared, id).entry
    _refuse(viewer, declared, entry)
    subject = subject_of(type, id)
    own = any(one.id == file and one.added_by == viewer.subject for one in files.files_of(subject))
    if not own and not may_edit(viewer, declared, entry):
        raise NotAllowed("somebody else added this file", subject, "ask them to remove it", "not-allowed")
    files.remove(viewer, subject, file)


def _removed(sender: Any, instance: Entry, **_: Any) -> None:
    if instance.pk is not None:
        files.remove_all(system_viewer(instance.organisation_id), subject_of(instance.type, instance.pk))


def _forget(entry: Entry) -> None:
    """Nobody knows what personal data a file holds: all go, their removal stands in the audit."""
    files.remove_all(system_viewer(entry.organisation_id), subject_of(entry.type, entry.pk))


def _may_see(viewer: Viewer | None, declared: RecordType, entry: Entry) -> bool:
    return declared.public_attachments or (viewer is not None and bool(sides(viewer, entry)))


def _may_add(viewer: Viewer, declared: RecordType, entry: Entry) -> bool:
    if not declared.attachments:
        return False
    steps = declared.life_of(entry.process).steps_from(entry.state)
    working = any(may_step(viewer, entry, step) for step in steps if step.expected)
    handles = viewer.organisation == entry.handler_id
    return may_edit(viewer, declared, entry) or (working and handles)


def _refuse(viewer: Viewer, declared: RecordType, entry: Entry) -> None:
    if not _may_add(viewer, declared, entry):
        raise NotAllowed(
            f'its files cannot be changed by you while it is "{entry.state}"',
            subject_of(declared.name, entry.pk),
            "wait until it is your turn",
            "not-allowed",
        )
