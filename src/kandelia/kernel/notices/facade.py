"""Telling people, for everyone else: what they were told, read and unread, and what of it is mailed."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from kandelia.base.errors import InvalidInput, NotAllowed
from kandelia.base.pages import PAGE_ROWS, PAGE_ROWS_MAX, Page
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.access.facade import audit
from kandelia.kernel.access.models import Person
from kandelia.kernel.notices.contracts import NoticeView
from kandelia.kernel.notices.kinds import Kind, kinds, register, said
from kandelia.kernel.notices.models import MailChoice, Notice

__all__ = ["Kind", "kinds", "register"]


def tell(
    people: Iterable[int], kind: str, organisation: str, words: Mapping[str, Any], *, subject: str = "", once: str = ""
) -> None:
    """Tell people in the current transaction; with `once` a repeat tells nobody twice."""
    now = timezone.now()
    rows = [
        Notice(
            person_id=person,
            organisation_id=organisation,
            kind=kind,
            subject=subject,
            words=dict(words),
            once=once or None,
            at=now,
            mail_at=now if mails() else None,
        )
        for person in dict.fromkeys(people)
    ]
    Notice.objects.bulk_create(rows, ignore_conflicts=bool(once))


def notices(viewer: Viewer, *, unread: bool = False, after: str = "", limit: int = PAGE_ROWS) -> Page[NoticeView]:
    """What the person was told in this organisation, newest first."""
    rows = _of(viewer).order_by("-id")
    rows = rows.filter(read_at=None) if unread else rows
    rows = rows.filter(id__lt=int(after)) if after.isascii() and after.isdigit() and len(after) < 19 else rows
    limit = max(1, min(limit, PAGE_ROWS_MAX))
    found = list(rows[: limit + 1])
    more = str(found[limit - 1].id) if len(found) > limit else ""
    return Page(tuple(_view(row) for row in found[:limit]), more)


def notice(viewer: Viewer, id: int) -> NoticeView | None:
    """One of the person's own."""
    row = _of(viewer).filter(id=id).first()
    return _view(row) if row else None


def unread(viewer: Viewer) -> int:
    """How many the person has not read."""
    return _of(viewer).filter(read_at=None).count() if viewer.person else 0


def read(viewer: Viewer, *, id: int = 0, subject: str = "") -> None:
    """Mark as read: one, those about a subject, or all; another person's are never touched."""
    if viewer.person is None:
        return
    rows = _of(viewer).filter(read_at=None)
    rows = rows.filter(id=id) if id else rows
    (rows.filter(subject=subject) if subject else rows).update(read_at=timezone.now())


def forget(subject: str) -> None:
    """Take back what was told of a subject, when its personal data go."""
    Notice.objects.filter(subject=subject).delete()


def mails() -> bool:
    """Whether e-mail is set up."""
    return bool(settings.EMAIL_HOST)


def mail_choice(viewer: Viewer) -> tuple[str, tuple[str, ...]]:
    """The person's e-mail address and the kinds that are sent to it."""
    person = Person.objects.get(id=_person(viewer))
    row = MailChoice.objects.filter(person=person).first()
    return person.email, tuple(row.kinds) if row else tuple(one.name for one in kinds() if one.mailed)


def choose_mail(viewer: Viewer, address: str, wanted: Iterable[str]) -> None:
    """Set the person's own address and what is sent to it; InvalidInput for what is no address."""
    person, address, wanted = _person(viewer), address.strip(), set(wanted)
    try:
        if address:
            validate_email(address)
    except ValidationError as error:
        raise InvalidInput("this is no e-mail address", "email", "write it like name@example.cn", "email") from error
    chosen = [one.name for one in kinds() if one.name in wanted]
    MailChoice.objects.update_or_create(person_id=person, defaults={"kinds": chosen})
    if Person.objects.filter(id=person).exclude(email=address).update(email=address):
        audit(viewer, "person.email", viewer.subject, {"set": bool(address)})


def _of(viewer: Viewer) -> Any:
    return Notice.objects.filter(person_id=_person(viewer), organisation_id=viewer.organisation)


def _person(viewer: Viewer) -> int:
    if viewer.person is None:
        raise NotAllowed("only people are told things", "notices", "sign in as a person", "not-allowed")
    return viewer.person


def _view(row: Notice) -> NoticeView:
    return NoticeView(row.id, row.kind, said(row.kind, row.words), row.at, row.read_at is not None, row.subject)
