"""Notices by e-mail: one message a person and run, tried again later where the server is away."""

from collections.abc import Mapping
from datetime import timedelta
from smtplib import SMTPException, SMTPRecipientsRefused
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils import timezone

from kandelia.base.text import LocalText
from kandelia.kernel.jobs.contracts import JobContext
from kandelia.kernel.notices import facade
from kandelia.kernel.notices.kinds import kinds, said
from kandelia.kernel.notices.models import MailChoice, Notice

ROWS_PER_RUN_MAX = 500
LINES_MAX = 20  # sentences in one message; the rest are counted
TRIES_MAX = 10
RETRY_MINUTES_MAX = 60
PERMANENT = 500  # SMTP replies from here on are final (RFC 5321, 4.2.1)
MORE = LocalText("另有 {n} 条，见通知页。", "And {n} more; see your notices.")
FOOT = LocalText("可在通知页选择哪些通知以邮件发送。", "Choose on that page which of them are mailed.")


def send(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Send what is due; says how many messages went, how many wait for another try, and why."""
    due = Notice.objects.filter(mail_at__lte=timezone.now()).select_related("person").order_by("id")
    rows = list(due[:ROWS_PER_RUN_MAX]) if facade.mails() else []
    waiting = _wanted(rows)
    sent, error = 0, ""
    with_connection = get_connection(timeout=settings.EMAIL_TIMEOUT)
    try:
        for group in waiting.values():
            try:
                _message(group, with_connection).send()
                _done(group)
                sent += 1
            except (SMTPException, OSError) as failed:
                error = str(failed)[:200]
                _later(group, final=_is_final(failed))
                with_connection.close()
    finally:
        with_connection.close()
    return {"sent": sent, "waiting": len(waiting) - sent, "error": error}


def _wanted(rows: list[Notice]) -> dict[int, list[Notice]]:
    """By person, what is still unread and wanted by mail; the rest is marked as done with."""
    chosen = {one.person_id: one.kinds for one in MailChoice.objects.filter(person__in={row.person_id for row in rows})}
    usual = [one.name for one in kinds() if one.mailed]
    wanted: dict[int, list[Notice]] = {}
    passed = []
    for row in rows:
        takes = row.person.email and row.person.active and row.kind in chosen.get(row.person_id, usual)
        if takes and row.read_at is None:
            wanted.setdefault(row.person_id, []).append(row)
        else:
            passed.append(row)
    _done(passed)
    return wanted


def _message(group: list[Notice], connection: Any) -> EmailMessage:
    person = group[0].person
    language = person.language or settings.LANGUAGE_CODE
    lines = [" ".join(said(row.kind, row.words).say(language).split()) for row in group]
    links = [_link(row) for row in group]
    texts = [f"{line}\n{link}".rstrip() for line, link in zip(lines, links, strict=True)][:LINES_MAX]
    more = [MORE.say(language).format(n=len(lines) - LINES_MAX)] if len(lines) > LINES_MAX else []
    foot = f"{FOOT.say(language)} {_address('/notices')}".rstrip()
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip(">") or "localhost"
    return EmailMessage(
        f"[Kandelia] {lines[0]}" + (f" (+{len(lines) - 1})" if len(lines) > 1 else ""),
        "\n\n".join([*texts, *more, foot]) + "\n",
        to=[person.email],
        connection=connection,
        headers={"Message-ID": f"<{group[0].id}.{person.id}@{domain}>", "Auto-Submitted": "auto-generated"},
    )


def _link(row: Notice) -> str:
    return _address(f"/notices/{row.id}")


def _address(path: str) -> str:
    return f"{settings.PUBLIC_ADDRESS}{path}" if settings.PUBLIC_ADDRESS else ""


def _done(rows: list[Notice]) -> None:
    Notice.objects.filter(id__in=[row.id for row in rows]).update(mail_at=None)


def _later(rows: list[Notice], *, final: bool) -> None:
    for row in rows:
        row.mail_tries += 1
        wait = timedelta(minutes=min(2**row.mail_tries, RETRY_MINUTES_MAX))
        row.mail_at = None if final or row.mail_tries >= TRIES_MAX else timezone.now() + wait
    Notice.objects.bulk_update(rows, ["mail_tries", "mail_at"])


def _is_final(error: Exception) -> bool:
    """Whether the server refuses this recipient for good."""
    if not isinstance(error, SMTPRecipientsRefused):
        return False
    return all(code >= PERMANENT for code, _ in error.recipients.values())
