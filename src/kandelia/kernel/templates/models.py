"""Tables of templates, their published versions, and their instances on machines."""

from typing import ClassVar

from django.db import models

from kandelia.kernel.connections.models import Connection
from kandelia.kernel.records.models import Entry, Record
from kandelia.kernel.things.models import Machine


class Template(Record):
    """A template of signals (设备模板); `content` is its present form, see logic/documents.py."""

    id = models.BigAutoField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.CASCADE, related_name="+")
    organisation = models.ForeignKey("access.Organisation", on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=60)  # plain id, unique in the organisation
    name_zh = models.CharField(max_length=200, blank=True)
    name_en = models.CharField(max_length=200, blank=True)
    content = models.JSONField(default=dict, blank=True)
    version = models.PositiveIntegerField(default=0)  # published last

    objects: ClassVar[models.Manager["Template"]]

    class Meta:
        ordering = ["key"]
        constraints = [models.UniqueConstraint(fields=["organisation", "key"], name="template_once")]
        indexes = [models.Index(fields=["key", "entry"], name="template_by_key")]

    def __str__(self) -> str:
        return self.key


class TemplateVersion(models.Model):
    """A published form of a template; kept for good."""

    id = models.BigAutoField(primary_key=True)
    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    at = models.DateTimeField()
    by = models.CharField(max_length=80)  # Viewer.subject
    content = models.JSONField()

    class Meta:
        ordering = ["version"]
        constraints = [models.UniqueConstraint(fields=["template", "version"], name="template_version_once")]

    def __str__(self) -> str:
        return f"{self.template_id} v{self.version}"


class TemplateInstance(Record):
    """A template on a machine, with its values and what differs there."""

    id = models.BigAutoField(primary_key=True)
    entry = models.OneToOneField(Entry, on_delete=models.CASCADE, related_name="+")
    template = models.ForeignKey(Template, on_delete=models.PROTECT, related_name="instances")
    machine = models.ForeignKey(Machine, on_delete=models.PROTECT, related_name="+")
    connection = models.ForeignKey(Connection, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    values = models.JSONField(default=dict, blank=True)  # parameter -> text
    overrides = models.JSONField(default=dict, blank=True)  # signal key -> fields as a plant file writes them
    version = models.PositiveIntegerField(default=0)  # applied last; 0: none

    objects: ClassVar[models.Manager["TemplateInstance"]]

    class Meta:
        ordering = ["machine__path"]
        constraints = [models.UniqueConstraint(fields=["template", "machine"], name="template_on_machine_once")]

    def __str__(self) -> str:
        return f"{self.template} · {self.machine.path}"
