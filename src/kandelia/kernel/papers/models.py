"""The one table of imports: each with its file, how far it is, and who does it with which rights."""

from django.db import models

from kandelia.kernel.access.models import Organisation
from kandelia.kernel.papers.contracts import ImportState


class Import(models.Model):
    """A file that becomes records. `line` is the last line of the file that was written: none is written twice."""

    id = models.CharField(primary_key=True, max_length=26)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    type = models.CharField(max_length=40)
    file_name = models.CharField(max_length=200)
    format = models.CharField(max_length=10)
    stored_as = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=[(one.value, one.value) for one in ImportState])
    viewer = models.JSONField()  # who does it, as they were when they gave the file
    columns = models.JSONField(default=list)
    fields = models.JSONField(default=list)
    found = models.JSONField(default=dict)  # counts, first mistakes, first good lines
    line = models.PositiveIntegerField(default=0)
    made = models.PositiveIntegerField(default=0)
    job = models.CharField(max_length=26, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.type} {self.file_name} {self.state}"
