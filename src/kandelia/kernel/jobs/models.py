"""The table of jobs; it is all that a restart needs."""

from django.db import models

from kandelia.kernel.jobs.contracts import JobState


class Job(models.Model):
    """One piece of work, or a schedule that brings the same work again."""

    id = models.CharField(primary_key=True, max_length=26)
    kind = models.CharField(max_length=80)
    organisation = models.CharField(max_length=60, blank=True)  # empty: the platform's own
    payload = models.JSONField(default=dict, blank=True)
    schedule = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=80, null=True, blank=True)  # of a schedule, once in an organisation
    due_at = models.DateTimeField()
    state = models.CharField(max_length=10, default=JobState.WAITING.value)
    progress = models.FloatField(default=0.0)
    words = models.CharField(max_length=200, blank=True)
    result = models.JSONField(default=dict, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=1000, blank=True)
    cancel_requested = models.BooleanField(default=False)
    locked_by = models.CharField(max_length=40, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    created_by = models.CharField(max_length=80, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "due_at"], name="job_due"),
            models.Index(fields=["organisation", "-id"], name="job_newest"),
        ]
        constraints = [models.UniqueConstraint(fields=["organisation", "name"], name="schedule_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
