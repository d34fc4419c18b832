"""Tables of imports, of mappings that are kept for the next file, and of exports."""

from django.db import models


class Import(models.Model):
    """A file of samples; it lies in the data directory under its id."""

    id = models.CharField(primary_key=True, max_length=26)
    organisation = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    size = models.BigIntegerField()
    received = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=80)
    found = models.JSONField(default=dict, blank=True)
    plan = models.JSONField(default=dict, blank=True)
    plan_kept = models.BooleanField(default=False)
    job = models.CharField(max_length=26, blank=True)
    blocks = models.PositiveIntegerField(default=0)  # of the file, that the bus has on disk
    report_bytes = models.BigIntegerField(default=0)  # of the report, that belong to those blocks
    rows = models.BigIntegerField(default=0)
    samples = models.BigIntegerField(default=0)
    wrong = models.JSONField(default=dict, blank=True)
    new_signals = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=1000, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["organisation", "-id"], name="import_newest")]

    def __str__(self) -> str:
        return f"{self.name} {self.state}"


class Mapping(models.Model):
    """The last mapping of files of one shape."""

    organisation = models.CharField(max_length=60)
    shape = models.CharField(max_length=32)
    name = models.CharField(max_length=200)
    plan = models.JSONField()
    used_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "shape"], name="mapping_once")]

    def __str__(self) -> str:
        return self.name


class Export(models.Model):
    """History as a file; it lies in the data directory under its id."""

    id = models.CharField(primary_key=True, max_length=26)
    organisation = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    format = models.CharField(max_length=8)
    numbers = models.JSONField()
    start_ns = models.BigIntegerField()
    end_ns = models.BigIntegerField()
    bucket_ns = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10)
    rows = models.BigIntegerField(default=0)
    bytes = models.BigIntegerField(default=0)
    error = models.CharField(max_length=1000, blank=True)
    job = models.CharField(max_length=26, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=80)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["organisation", "-id"], name="export_newest")]

    def __str__(self) -> str:
        return f"{self.name} {self.state}"
