"""The one table that every record has a row in, its logs and timers, and the base of every record type's model."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from kandelia.kernel.access.models import Organisation

TITLE_LENGTH_MAX = 300
CODE_LENGTH_MAX = 80


class Entry(models.Model):
    """A record of whatever type, as lists, search, references and the work room see it.

    `organisation` owns it, `handler` (often the same) handles it. `search` holds its words as ASCII tokens.
    """

    id = models.BigAutoField(primary_key=True)
    type = models.CharField(max_length=40)
    code = models.CharField(max_length=CODE_LENGTH_MAX, blank=True)
    title = models.CharField(max_length=TITLE_LENGTH_MAX)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    handler = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    state = models.CharField(max_length=40)
    process = models.PositiveSmallIntegerField(default=1)
    public = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)
    created_by = models.CharField(max_length=80)  # Viewer.subject
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    state_at = models.DateTimeField()
    last_by = models.CharField(max_length=80, blank=True)  # who made the last step
    due_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    anonymised_at = models.DateTimeField(null=True, blank=True)
    search = models.TextField(blank=True, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["type", "organisation", "id"], name="entry_own"),
            models.Index(fields=["type", "handler", "id"], name="entry_handled"),
            models.Index(fields=["type", "organisation", "state", "id"], name="entry_own_state"),
            models.Index(fields=["type", "handler", "state", "id"], name="entry_handled_state"),
            models.Index(fields=["type", "handler", "changed_at", "id"], name="entry_handled_changed"),
            models.Index(fields=["type", "handler", "title", "id"], name="entry_handled_title"),
            models.Index(fields=["type", "code"], name="entry_code"),
            models.Index(fields=["due_at"], name="entry_due", condition=models.Q(due_at__isnull=False)),
            models.Index(fields=["type", "id"], name="entry_public", condition=models.Q(public=True)),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.id} {self.title}"


class Reference(models.ForeignKey):  # type: ignore[type-arg]
    """A foreign key to the record of another type, by that type's public name: Reference("organisation")."""

    def __init__(self, refers_to: str, **options: Any) -> None:
        self.refers_to = refers_to
        options.setdefault("on_delete", models.PROTECT)
        options.setdefault("related_name", "+")
        options["to"] = "records.Entry"
        super().__init__(**options)

    def deconstruct(self) -> Any:
        """For migrations of apps: the type's name instead of the table, by the door that apps use."""
        name, _, args, options = super().deconstruct()
        for key in ("to", "related_name"):
            options.pop(key, None)
        return name, "kandelia.sdk.record_types.Reference", [self.refers_to, *args], options


class Record(models.Model):
    """Base of every record type's model. A model with a key of its own overrides `entry` without primary_key."""

    entry = models.OneToOneField(Entry, on_delete=models.CASCADE, primary_key=True, related_name="+")
    entry_id: int

    objects: ClassVar[models.Manager[Any]]

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.entry_id)


class Step(models.Model):
    """A step of a life. `content` (names, reason, basis) can be erased; its digest stands in the audit's chain."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField()
    name = models.CharField(max_length=40)
    source = models.CharField(max_length=40, blank=True)
    target = models.CharField(max_length=40)
    by = models.CharField(max_length=80)
    process = models.PositiveSmallIntegerField(default=1)
    content = models.JSONField(null=True, blank=True)  # {"salt", "by_name", "for_name", "reason", "basis", "given"}
    digest = models.CharField(max_length=64)
    audit_id = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["entry", "id"], name="step_of")]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.name}"


class FieldChange(models.Model):
    """Fields changed at one saving: name → [old, new] as text."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="changes")
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    by_name = models.CharField(max_length=200, blank=True)
    fields = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["entry", "id"], name="change_of")]

    def __str__(self) -> str:
        return f"{self.entry_id} {sorted(self.fields)}"


class Timer(models.Model):
    """A time limit of a record: running, suspended (`suspended_at`, `left_days`), or ended."""

    id = models.BigAutoField(primary_key=True)
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="timers")
    name = models.CharField(max_length=40)
    began_at = models.DateTimeField()
    counted_at = models.DateTimeField(null=True, blank=True)  # from when `days` count: its beginning, or when resumed
    days = models.IntegerField(null=True, blank=True)
    due_at = models.DateTimeField()
    suspended_at = models.DateTimeField(null=True, blank=True)
    left_days = models.IntegerField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)  # overdue was told

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"],
                name="timer_due",
                condition=models.Q(ended_at__isnull=True, suspended_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} {self.name} {self.due_at:%F}"


class CalendarDay(models.Model):
    """A day that is worked or rested against the week's rule (节假日, 调休), with its source; editable."""

    day = models.DateField(primary_key=True)
    working = models.BooleanField()
    name = models.CharField(max_length=100, blank=True)
    source = models.CharField(max_length=200, blank=True)

    def __str__(self) -> str:
        return f"{self.day} {'work' if self.working else 'rest'} {self.name}"


class Serial(models.Model):
    """The last number given in a row of document numbers (文号), by the text before it."""

    key = models.CharField(primary_key=True, max_length=80)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.key} {self.last}"


class SavedView(models.Model):
    """A query of a list under a name: a person's own, or shared in the organisation (person null)."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    type = models.CharField(max_length=40)
    name = models.CharField(max_length=100)
    query = models.CharField(max_length=2_000)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "person", "type", "name"], name="saved_view_once")
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.name}"
