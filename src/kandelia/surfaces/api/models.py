"""Answers that were given to requests with a key, for those who ask again."""

from django.db import models


class KeptAnswer(models.Model):
    """One answer; `id` is the digest of who asked with which key, `asked` that of what was asked."""

    id = models.CharField(primary_key=True, max_length=64)
    asked = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(default=0)
    content_type = models.CharField(max_length=100, blank=True)
    body = models.BinaryField(default=bytes)
    made_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.status} {self.made_at:%F %T}"
