"""Duties lent by those who are away."""

from django.conf import settings
from django.db import models

from kandelia.kernel.access.models import Organisation

SUBJECT_LENGTH_MAX = 80  # of Viewer.subject
REASON_LENGTH_MAX = 1_000


class Delegation(models.Model):
    """A person's duties lent to a deputy from a day through a day."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    deputy = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    first_day = models.DateField()
    last_day = models.DateField()
    duties = models.JSONField()  # names
    reason = models.CharField(max_length=REASON_LENGTH_MAX, blank=True)
    by = models.CharField(max_length=SUBJECT_LENGTH_MAX)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)  # taken back before its time

    def __str__(self) -> str:
        return f"{self.person_id} by {self.deputy_id} {self.first_day}/{self.last_day}"
