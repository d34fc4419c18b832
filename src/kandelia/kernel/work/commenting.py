"""Comments on records: by those on a side of them, internal to the handler's side or for both, plain text."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from kandelia.base.errors import InvalidInput, NotAllowed
from kandelia.base.pages import Page
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.access.facade import audit
from kandelia.kernel.access.members import members
from kandelia.kernel.notices import facade as notices
from kandelia.kernel.records import store
from kandelia.kernel.records.declaration import RecordType
from kandelia.kernel.records.models import Entry
from kandelia.kernel.records.permissions import sides
from kandelia.kernel.records.registry import type_of
from kandelia.kernel.work import words
from kandelia.kernel.work.contracts import CommentView
from kandelia.kernel.work.logic.mentions import mentioned
from kandelia.kernel.work.models import Comment
from kandelia.kernel.work.people import sees

TEXT_LENGTH_MAX = 10_000
PAGE_ROWS = 50


def comments(viewer: Viewer, type: str, id: int, *, after: str = "", limit: int = PAGE_ROWS) -> Page[CommentView]:
    """What was said, newest first: internal words to the handler's side alone, nothing to whom the record is public."""
    entry = store.one(viewer, type_of(type), id).entry
    rows = Comment.objects.filter(entry=entry).select_related("organisation").order_by("-id")
    rows = rows.filter(id__lt=int(after)) if after.isascii() and after.isdigit() and len(after) < 19 else rows
    if viewer.organisation != entry.handler_id:
        rows = rows.filter(internal=False) if sides(viewer, entry) else rows.none()
    limit = max(1, min(limit, PAGE_ROWS))
    found = list(rows[: limit + 1])
    more = str(found[limit - 1].id) if len(found) > limit else ""
    return Page(tuple(_view(viewer, row) for row in found[:limit]), more)


def comment(viewer: Viewer, type: str, id: int, text: str, *, internal: bool = False) -> CommentView:
    """Say something about a record; people named by @sign-in who may read it are told."""
    declared, text = type_of(type), text.strip()
    entry = store.one(viewer, declared, id).entry
    if not sides(viewer, entry):
        raise NotAllowed("this record is not yours to comment on", f"{type}/{id}", "", "not-allowed")
    if internal and viewer.organisation != entry.handler_id:
        raise NotAllowed("internal comments are the handling organisation's", "internal", "", "not-allowed")
    if not text or len(text) > TEXT_LENGTH_MAX:
        raise InvalidInput("a comment needs a text", "text", f"write 1 to {TEXT_LENGTH_MAX} characters", "missing")
    with transaction.atomic():
        row = Comment.objects.create(
            entry=entry,
            organisation_id=viewer.organisation,
            internal=internal,
            by=viewer.subject,
            by_name=viewer.name,
            at=timezone.now(),
            text=text,
        )
        audit(viewer, "record.comment", f"{type}/{id}", {"id": row.id, "internal": internal})
        _tell_mentioned(viewer, declared, entry, row)
    return _view(viewer, row)


def forget(entry: Entry) -> None:
    """Comments and what was told of a record go when its personal data do."""
    Comment.objects.filter(entry=entry).delete()
    notices.forget(f"{entry.type}/{entry.id}")


def _tell_mentioned(viewer: Viewer, declared: RecordType, entry: Entry, row: Comment) -> None:
    names = mentioned(row.text)
    if not names:
        return
    places = {entry.handler_id} if row.internal else {entry.handler_id, entry.organisation_id}
    found = members(places, Q(person__sign_in__in=names))
    for one in found:
        if one.id != viewer.person and sees(one.viewer, declared, entry):
            as_owner = one.viewer.organisation != entry.handler_id
            said = {**words.about(declared, entry, as_owner=as_owner), "by": viewer.name}
            notices.tell([one.id], words.MENTION, one.viewer.organisation, said, subject=f"{entry.type}/{entry.id}")


def _view(viewer: Viewer, row: Comment) -> CommentView:
    return CommentView(
        row.id,
        row.at,
        row.by,
        row.by_name,
        row.organisation_id,
        str(row.organisation),
        row.text,
        row.internal,
        mine=row.by == viewer.subject,
    )
