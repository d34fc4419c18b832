"""Parts of an application that are no records of their own: what was frozen, computed, drawn; rows of cost."""

from django.db import models

from kandelia.sdk.record_types import Entry


class Snapshot(models.Model):
    """What the applicant handed in at one submission: canonical JSON and its hash; a new one each time."""

    application = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    content = models.TextField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.application_id} {self.sha256[:12]}"


class Computation(models.Model):
    """An upper bound as the engine gave it: question, day, the answer's exact bytes, engine and parameter hash."""

    application = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    purpose = models.CharField(max_length=20)  # submission, review, audit, decision
    line = models.CharField(max_length=10)
    as_of = models.DateField()
    question = models.JSONField()
    answer = models.TextField()
    bound = models.DecimalField(max_digits=16, decimal_places=2, null=True)
    binding = models.CharField(max_length=40, blank=True)
    engine = models.CharField(max_length=60)
    parameters = models.CharField(max_length=64)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.application_id} {self.purpose} {self.bound}"


class Draw(models.Model):
    """A lot: seed, method, everybody in its order with their conflicts, who was drawn or replaced whom, and why."""

    application = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    by = models.CharField(max_length=80)
    by_name = models.CharField(max_length=200, blank=True)
    method = models.CharField(max_length=40)
    seed = models.CharField(max_length=64)
    order = models.JSONField()  # ids of reviewers
    conflicts = models.JSONField()  # id → codes of logic.drawing.REASONS
    drawn = models.JSONField()  # ids of reviewers
    party = models.JSONField()  # as the lot saw the applicant
    candidates = models.JSONField()  # as the lot saw the reviewers
    replaces = models.BigIntegerField(null=True)  # the reviewer who left
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.application_id} {self.seed[:8]} {self.drawn}"


class CostRow(models.Model):
    """A cost item of an application, kept beside its form so that the same cost elsewhere is found."""

    application = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=330)
    name = models.CharField(max_length=200)
    amount = models.DecimalField(max_digits=16, decimal_places=2)
    document = models.CharField(max_length=100, blank=True)

    class Meta:
        indexes = [models.Index(fields=["key"], name="cost_key")]

    def __str__(self) -> str:
        return f"{self.name} {self.amount}"
