"""Site of an organisation (场所): where it works."""

from django.db import models

from kandelia.base.text import LocalText
from kandelia.sdk.record_types import KEPT, Field, Group, Record, RecordType, Reference


class Site(Record):
    """An address at which an organisation works."""

    organisation = Reference("organisation")
    name = models.CharField(max_length=120)
    address = models.CharField(max_length=300)
    area_m2 = models.PositiveIntegerField(null=True, blank=True)


SITE = RecordType(
    name="organisation-site",
    label=LocalText("场所", "Site"),
    plural=LocalText("场所", "Sites"),
    model=Site,
    life=KEPT,
    groups=(
        Group(
            LocalText("场所", "Site"),
            (
                Field("organisation", LocalText("企业", "Organisation")),
                Field("name", LocalText("名称", "Name"), weight=3),
                Field("address", LocalText("地址", "Address"), weight=2),
                Field("area_m2", LocalText("面积", "Area"), unit="m2"),
            ),
        ),
    ),
    title=("name",),
    columns=("name", "organisation", "address", "area_m2"),
    create_by=("applicant", "registrar"),
    handler="root",
    icon="map-pin",
    in_rail=False,
)
