"""The one table of attached files; their bytes lie in the data directory under random names."""

from django.db import models

from kandelia.kernel.access.models import Organisation
from kandelia.kernel.files.contracts import FileState

NAME_LENGTH_MAX = 200


class StoredFile(models.Model):
    """A file attached to a subject. `organisation` owns the subject."""

    id = models.CharField(primary_key=True, max_length=26)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=80)
    slot = models.CharField(max_length=40, blank=True)
    name = models.CharField(max_length=NAME_LENGTH_MAX)
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    stored_as = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=10, choices=[(one.value, one.value) for one in FileState])
    note = models.CharField(max_length=200, blank=True)
    added_by = models.CharField(max_length=80)  # Viewer.subject
    added_by_name = models.CharField(max_length=200, blank=True)
    added_at = models.DateTimeField()
    scanned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["subject", "id"], name="file_of")]

    def __str__(self) -> str:
        return f"{self.subject} {self.name}"
