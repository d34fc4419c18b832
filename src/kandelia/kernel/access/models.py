"""Tables of people, organisations, tokens and the audit. Other rooms see contracts.Viewer, never these."""

from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models

from kandelia.kernel.access.contracts import Role


class Organisation(models.Model):
    """A firm, bureau or department; thin: apps hang their own profile on it."""

    id = models.CharField(primary_key=True, max_length=60)  # plain id, never changed: it stands in bus subjects
    name_zh = models.CharField(max_length=200, blank=True)
    name_en = models.CharField(max_length=200, blank=True)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    active = models.BooleanField(default=True)
    proof_roles = models.JSONField(default=list, blank=True)  # whose sign-in asks for more than a password
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name_zh or self.name_en or self.id


class People(BaseUserManager["Person"]):
    """Finds people by sign-in name."""


class Person(AbstractBaseUser):
    """A person who signs in; AUTH_USER_MODEL. Rights come from Membership alone."""

    id = models.BigAutoField(primary_key=True)
    sign_in = models.CharField(max_length=150, unique=True)
    name = models.CharField(max_length=200, blank=True)
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=10, blank=True)
    theme = models.CharField(max_length=10, blank=True)
    active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[People] = People()
    USERNAME_FIELD = "sign_in"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """What Django asks."""
        return self.active

    def __str__(self) -> str:
        return self.name or self.sign_in


class Membership(models.Model):
    """A person's role in an organisation."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    granted = models.BooleanField(
        default=False
    )  # there are grants beside: most people have none, and none are looked up

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "organisation"], name="one_role_each")]

    def __str__(self) -> str:
        return f"{self.person} {self.role} {self.organisation_id}"


class Duty(models.Model):
    """An office that a person holds in an organisation (受理员, 专家 …), beside the role; apps say what each may do."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="duties")
    name = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["membership", "name"], name="one_duty_each")]

    def __str__(self) -> str:
        return f"{self.membership} {self.name}"


class Token(models.Model):
    """An API token; only its SHA-256 is kept. `prefix` (first 12 characters) tells tokens apart in lists."""

    id = models.CharField(primary_key=True, max_length=26)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    duties = models.JSONField(default=list, blank=True)  # names; no more than its maker holds
    places = models.JSONField(default=list, blank=True)  # where the role counts; empty: everywhere
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    created_by = models.CharField(max_length=80)  # Viewer.subject; a person's tokens die with their account
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"], condition=models.Q(revoked_at=None), name="token_name_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class Device(models.Model):
    """A machine or gateway that connects by itself, such as an MQTT client; only its secret's SHA-256 is kept.

    It has no role: it sees no page and asks nothing of the API. `publish` and `subscribe` are MQTT topic filters.
    """

    id = models.CharField(primary_key=True, max_length=26)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="devices")
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)  # nobody was told the secret where it has a certificate
    fingerprint = models.CharField(max_length=64, blank=True, db_index=True)  # SHA-256 of its certificate (DER), hex
    certificate_until = models.DateTimeField(null=True, blank=True)
    publish = models.JSONField(default=list)
    subscribe = models.JSONField(default=list)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True, db_index=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "name"], condition=models.Q(revoked_at=None), name="device_name_once"
            ),
            models.UniqueConstraint(
                fields=["fingerprint"],
                condition=models.Q(revoked_at=None) & ~models.Q(fingerprint=""),
                name="device_certificate_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class Grant(models.Model):
    """A role at a place, or at single signals: of a member (`person`), or of another organisation (`partner`).

    `since_at`, `export` and `share` (the record that says why) belong to partners.
    """

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="grants")
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.CASCADE, related_name="grants")
    partner = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.CASCADE, related_name="borrowed")
    role = models.CharField(max_length=20, choices=[(role.value, role.value) for role in Role])
    place = models.CharField(max_length=250, blank=True)  # path of a thing; empty where single signals are meant
    signals = models.JSONField(default=list, blank=True)  # numbers
    since_at = models.DateTimeField(null=True, blank=True)
    until_at = models.DateTimeField(null=True, blank=True)
    export = models.BooleanField(default=True)
    share = models.BigIntegerField(null=True, blank=True, db_index=True)
    created_by = models.CharField(max_length=80)
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.role} {self.place or self.signals}"


class Look(models.Model):
    """That somebody of a partner looked at what was shared: one row a person, day and group of signals."""

    id = models.BigAutoField(primary_key=True)
    grant = models.ForeignKey(Grant, on_delete=models.CASCADE, related_name="looks")
    subject = models.CharField(max_length=80)
    name = models.CharField(max_length=200)
    day = models.DateField()
    group = models.CharField(max_length=250)  # path of the machine whose signals were read
    times = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["grant", "subject", "day", "group"], name="one_look_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.day:%F} {self.group}: {self.times}"


class AuditEntry(models.Model):
    """Who did what, append-only: each row's hash covers the row and the hash before it."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    organisation = models.CharField(max_length=60, blank=True, db_index=True)
    subject = models.CharField(max_length=80)  # Viewer.subject, or "system"
    action = models.CharField(max_length=80)
    target = models.CharField(max_length=200, blank=True)
    details = models.JSONField(default=dict, blank=True)
    address = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        indexes = [models.Index(fields=["organisation", "-id"], name="audit_newest")]

    def __str__(self) -> str:
        return f"{self.at:%F %T} {self.subject} {self.action} {self.target}"


class RefusalCount(models.Model):
    """Counts refusals by key (a sign-in name, an address, a subject), so that a flood stays a few rows."""

    key = models.CharField(primary_key=True, max_length=200)
    failures = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField(db_index=True)
    blocked_until = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.key}: {self.failures}"
