"""Writes with an Idempotency-Key are done once: the same key and body again gets the same answer, for a day.

After the IETF draft draft-ietf-httpapi-idempotency-key-header. An error is not kept: nothing was done then.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone

from kandelia.base.errors import Conflict, InvalidInput
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.jobs.contracts import JobContext
from kandelia.surfaces.api.models import KeptAnswer

HEADER = "Idempotency-Key"
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
OWN_WAY = ("/api/v1/samples",)  # the bus sorts out repeats there, for millions of rows
KEY_LENGTH_MAX = 200
KEPT = timedelta(days=1)
CLEANING = "api.clean"


class _Refused(Exception):
    """Carries an answer out of the transaction that it undoes."""

    def __init__(self, answered: HttpResponseBase) -> None:
        super().__init__()
        self.answered = answered


def keyed(request: HttpRequest) -> bool:
    """True for a write with a key, which `repeatable` answers."""
    return request.method in WRITES and HEADER in request.headers and request.path not in OWN_WAY


def repeatable(request: HttpRequest, viewer: Viewer, do: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """As `once`, for an endpoint whose errors are answers already: they undo what was done and are not kept."""

    def done() -> HttpResponse:
        answered = do()
        if answered.status_code >= HTTPStatus.BAD_REQUEST or not isinstance(answered, HttpResponse):
            raise _Refused(answered)
        return answered

    try:
        return once(request, viewer, done)
    except _Refused as refused:
        return refused.answered


def once(request: HttpRequest, viewer: Viewer, do: Callable[[], HttpResponse]) -> HttpResponse:
    """What `do` answers, or what it answered before to this key. Conflict for a key that was used for another body."""
    key = request.headers.get(HEADER, "")
    if not key or getattr(request, "_once", False):
        return do()
    if len(key) > KEY_LENGTH_MAX:
        raise InvalidInput("the key is too long", HEADER, f"at most {KEY_LENGTH_MAX} characters", "bad-key")
    id = _digest(viewer.organisation.encode(), viewer.subject.encode(), key.encode())
    asked = _digest(str(request.method).encode(), request.get_full_path().encode(), request.body)
    KeptAnswer.objects.filter(id=id, made_at__lt=timezone.now() - KEPT).delete()
    request._once = True  # type: ignore[attr-defined]
    try:
        with transaction.atomic():
            kept = KeptAnswer.objects.create(id=id, asked=asked, made_at=timezone.now())
            answered = do()
            kept.status, kept.body = answered.status_code, _cipher(key).encrypt(bytes(answered.content))
            kept.content_type = answered.headers.get("Content-Type", "")
            kept.save(update_fields=["status", "body", "content_type"])
        return answered
    except IntegrityError:
        before = KeptAnswer.objects.filter(id=id).first()
        if before is None:  # the write itself broke a rule
            raise
        return _again(before, asked, key)


def _again(kept: KeptAnswer, asked: str, key: str) -> HttpResponse:
    if kept.asked != asked:
        raise Conflict(
            "this key was used for another request", HEADER, "give each request a key of its own", "key-used"
        )
    body = _cipher(key).decrypt(bytes(kept.body))
    answered = HttpResponse(body, status=kept.status, content_type=kept.content_type or None)
    answered["Idempotency-Replayed"] = "true"
    return answered


def _cipher(key: str) -> Fernet:
    """Answers may hold a fresh secret: they are kept under the asker's key, of which we keep the digest alone."""
    return Fernet(urlsafe_b64encode(hashlib.sha256(f"{settings.SECRET_KEY}\0{key}".encode()).digest()))


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def clean(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The job that forgets answers after their day."""
    return {"removed": KeptAnswer.objects.filter(made_at__lt=timezone.now() - KEPT).delete()[0]}
