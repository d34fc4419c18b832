"""Tables of what proves who somebody is, beyond the password in use."""

from django.conf import settings
from django.db import models


class PastPassword(models.Model):
    """The hash of a password a person has had, so that it is not taken again."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="past_passwords")
    hash = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.person_id} {self.at:%F}"


class SecondFactor(models.Model):
    """The secret that a person's authenticator shares with us (RFC 6238), encrypted with the installation's key.

    In force from `confirmed_at` on. `last_step` is the time step of the last code taken: none is taken twice.
    """

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True)
    secret = models.TextField()
    last_step = models.BigIntegerField(default=0)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.person_id}"


class RecoveryCode(models.Model):
    """A code for the day the authenticator is lost; only its SHA-256 is kept, and the row goes when it is used."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "digest"], name="recovery_code_once")]

    def __str__(self) -> str:
        return f"{self.person_id}"


class ForeignIdentity(models.Model):
    """Who a person is at another provider (OpenID Connect Core, 5.7: issuer and subject together, nothing else)."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="foreign_identities")
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)
    linked_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issuer", "subject"], name="foreign_identity_once")]

    def __str__(self) -> str:
        return f"{self.issuer} {self.subject}"


class OpenSession(models.Model):
    """Where a person is signed in, told in their own list; `key` is that of Django's session."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="open_sessions")
    key = models.CharField(max_length=40, unique=True)
    address = models.CharField(max_length=64, blank=True)
    agent = models.CharField(max_length=200, blank=True)
    began_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.person_id} {self.address}"
