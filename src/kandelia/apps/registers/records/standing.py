"""Standing of an organisation (资质、入库): what a list, pool or assessment says of it, until when, on what proof."""

from django.db import models

from kandelia.apps.registers.logic.codes import STANDINGS
from kandelia.base.text import LocalText
from kandelia.sdk.record_types import REGISTER, Field, Group, Record, RecordType, Reference


class OrganisationStanding(Record):
    """A listing or certificate; active once a registrar has checked it."""

    organisation = Reference("organisation")
    kind = models.CharField(max_length=30)
    number = models.CharField(max_length=80, blank=True)
    granted_by = models.CharField(max_length=200, blank=True)
    granted_on = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["granted_on", "entry"], name="standing_granted")]


STANDING = RecordType(
    name="organisation-standing",
    label=LocalText("资质", "Standing"),
    plural=LocalText("资质", "Standings"),
    model=OrganisationStanding,
    life=REGISTER,
    groups=(
        Group(
            LocalText("资质", "Standing"),
            (
                Field("organisation", LocalText("企业", "Organisation")),
                Field("kind", LocalText("种类", "Kind"), choices=STANDINGS),
                Field("number", LocalText("编号", "Number"), weight=2),
                Field("granted_by", LocalText("授予单位", "Granted by"), weight=1),
                Field("granted_on", LocalText("授予日期", "Granted on")),
                Field("valid_to", LocalText("有效期至", "Valid to")),
            ),
        ),
    ),
    title=("kind", "organisation"),
    columns=("organisation", "kind", "number", "granted_on", "valid_to"),
    sorts=("granted_on",),
    filters=("kind",),
    create_by=("applicant", "registrar"),
    handler="root",
    icon="award",
    in_rail=False,
)
