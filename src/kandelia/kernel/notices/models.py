"""What people were told, and what of it they want by e-mail."""

from django.conf import settings
from django.db import models

from kandelia.kernel.access.models import Organisation


class Notice(models.Model):
    """What a person was told. `words` holds what its sentence names; `once` is a key that is told but once each.

    `mail_at`: when to try the e-mail next; empty once it was sent, given up or is not wanted.
    """

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=80, blank=True)
    words = models.JSONField(default=dict)
    once = models.CharField(max_length=80, null=True, blank=True)
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)
    mail_at = models.DateTimeField(null=True, blank=True)
    mail_tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["person", "organisation", "-id"], name="notice_of"),
            models.Index(fields=["person", "organisation"], name="notice_unread", condition=models.Q(read_at=None)),
            models.Index(fields=["mail_at"], name="notice_mail", condition=models.Q(mail_at__isnull=False)),
            models.Index(fields=["subject"], name="notice_about"),
        ]
        constraints = [models.UniqueConstraint(fields=["person", "once"], name="told_once")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.kind} {self.subject}"


class MailChoice(models.Model):
    """The kinds of notices a person has by e-mail too; without a row, those that say so themselves."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    kinds = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.person_id} {self.kinds}"
