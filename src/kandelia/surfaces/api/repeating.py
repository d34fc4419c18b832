"""Writes with an Idempotency-Key are done once: the same key and body again gets the same answer, for a day.

After the IETF draft draft-ietf-httpapi-idempotency-key-header. An error is not kept: nothing was done then.
"""

import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from kandelia.base.errors import Conflict, InvalidInput
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.jobs.contracts import JobContext
from kandelia.surfaces.api.models import KeptAnswer

HEADER = "Idempotency-Key"
KEY_LENGTH_MAX = 200
KEPT = timedelta(days=1)
CLEANING = "api.clean"


def once(request: HttpRequest, viewer: Viewer, do: Callable[[], HttpResponse]) -> HttpResponse:
    """What `do` answers, or what it answered before to this key. Conflict for a key that was used for another body."""
    key = request.headers.get(HEADER, "")
    if not key:
        return do()
    if len(key) > KEY_LENGTH_MAX:
        raise InvalidInput("the key is too long", HEADER, f"at most {KEY_LENGTH_MAX} characters", "bad-key")
    id = _digest(viewer.organisation.encode(), viewer.subject.encode(), key.encode())
    asked = _digest(str(request.method).encode(), request.get_full_path().encode(), request.body)
    KeptAnswer.objects.filter(id=id, made_at__lt=timezone.now() - KEPT).delete()
    try:
        with transaction.atomic():
            kept = KeptAnswer.objects.create(id=id, asked=asked, made_at=timezone.now())
            answered = do()
            kept.status, kept.body = answered.status_code, bytes(answered.content)
            kept.content_type = answered.headers["Content-Type"]
            kept.save(update_fields=["status", "body", "content_type"])
        return answered
    except IntegrityError:
        before = KeptAnswer.objects.filter(id=id).first()
        if before is None:  # the write itself broke a rule
            raise
        return _again(before, asked)


def _again(kept: KeptAnswer, asked: str) -> HttpResponse:
    if kept.asked != asked:
        raise Conflict(
            "this key was used for another request", HEADER, "give each request a key of its own", "key-used"
        )
    answered = HttpResponse(bytes(kept.body), status=kept.status, content_type=kept.content_type)
    answered["Idempotency-Replayed"] = "true"
    return answered


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def clean(context: JobContext, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The job that forgets answers after their day."""
    return {"removed": KeptAnswer.objects.filter(made_at__lt=timezone.now() - KEPT).delete()[0]}
