"""Facts that were recorded and are not yet told: written with the change itself, removed once the bus has them."""

from django.db import models


class EventOutbox(models.Model):
    """One event on its way to the bus, in order."""

    id = models.BigAutoField(primary_key=True)
    event_id = models.CharField(max_length=80, unique=True)
    organisation = models.CharField(max_length=60)
    type = models.CharField(max_length=120)
    body = models.TextField()  # CloudEvents 1.0, JSON format
    recorded_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
