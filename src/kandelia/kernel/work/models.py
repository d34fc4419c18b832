"""Tables of what people say and pass to one another about records."""

from django.conf import settings
from django.db import models

from kandelia.kernel.access.models import Organisation
from kandelia.kernel.records.models import Entry

NAME_LENGTH_MAX = 200
SUBJECT_LENGTH_MAX = 80  # of Viewer.subject
REASON_LENGTH_MAX = 1_000


class Assignment(models.Model):
    """A record given to a person within one organisation; ended ones stay as the history."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="+", db_index=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    by = models.CharField(max_length=SUBJECT_LENGTH_MAX)
    by_name = models.CharField(max_length=NAME_LENGTH_MAX, blank=True)
    reason = models.CharField(max_length=REASON_LENGTH_MAX, blank=True)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["entry", "organisation", "id"], name="assignment_of")]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "entry"], condition=models.Q(ended_at=None), name="one_assignee_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.person_id}"


class Comment(models.Model):
    """What somebody says about a record; `internal`: to the handler's side alone. Plain text, never HTML."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="+", db_index=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    internal = models.BooleanField(default=False)
    by = models.CharField(max_length=SUBJECT_LENGTH_MAX)
    by_name = models.CharField(max_length=NAME_LENGTH_MAX, blank=True)
    at = models.DateTimeField()
    text = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["entry", "id"], name="comment_of")]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.by}"
