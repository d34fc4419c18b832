"""Where a person is signed in: noted as sessions begin, listed to them alone, ended one by one."""

from datetime import UTC, datetime

from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from kandelia.base.errors import NotFound
from kandelia.kernel.access.audit import append
from kandelia.kernel.access.models import Person
from kandelia.kernel.access.revocation import tell_revoked
from kandelia.kernel.access.sessions import BEGAN, SEEN, address_of
from kandelia.kernel.credentials.contracts import OpenSessionView
from kandelia.kernel.credentials.models import OpenSession

AGENT_LENGTH_MAX = 200
ADDRESS_LENGTH_MAX = 64


def note(request: HttpRequest, person: Person) -> None:
    """A session has begun or has another key: it joins the list, and those that are over leave it."""
    session = request.session
    if session.session_key is None:
        session.create()
    known = Session.objects.filter(session_key__in=person.open_sessions.values("key")).values("session_key")
    person.open_sessions.exclude(key__in=known).delete()
    OpenSession.objects.update_or_create(
        key=session.session_key,
        defaults={
            "person": person,
            "address": address_of(request)[:ADDRESS_LENGTH_MAX],
            "agent": request.headers.get("User-Agent", "")[:AGENT_LENGTH_MAX],
        },
    )


def sessions_of(request: HttpRequest, person_id: int) -> tuple[OpenSessionView, ...]:
    """The person's sessions that are open now, the one that asks first, then the newest."""
    person = Person.objects.get(id=person_id)
    rows = {row.key: row for row in person.open_sessions.all()}
    kept = Session.objects.filter(session_key__in=rows, expire_date__gt=timezone.now())
    mine, hash = request.session.session_key, person.get_session_auth_hash()
    found = []
    for session in kept:
        data = session.get_decoded()
        if data.get(HASH_SESSION_KEY) == hash:
            row = rows[session.session_key]
            began, seen = (datetime.fromtimestamp(data.get(name, 0), UTC) for name in (BEGAN, SEEN))
            found.append(OpenSessionView(row.id, row.address, row.agent, began, seen, row.key == mine))
    return tuple(sorted(found, key=lambda one: (not one.here, -one.seen_at.timestamp())))


def end_all(person: Person) -> None:
    """End every session of a person."""
    Session.objects.filter(session_key__in=person.open_sessions.values("key")).delete()
    person.open_sessions.all().delete()


def end_session(person_id: int, id: int, *, address: str = "") -> None:
    """End one of the person's sessions at once; NotFound where it is none of theirs. Their live sockets close, those of
    other sessions open again by themselves."""
    with transaction.atomic():
        row = OpenSession.objects.filter(person_id=person_id, id=id).first()
        if row is None:
            raise NotFound("there is no such session", "session", "it may have ended already", "session-unknown")
        Session.objects.filter(session_key=row.key).delete()
        details = {"address": row.address}
        append(f"person:{person_id}", "session.end", row.person.sign_in, details, address=address)
        row.delete()
        tell_revoked(f"person:{person_id}")
