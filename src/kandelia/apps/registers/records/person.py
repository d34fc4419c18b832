"""Person of an organisation (人员): who acts for it."""

from django.db import models

from kandelia.base.text import LocalText
from kandelia.sdk.record_types import KEPT, OWNER, Field, Group, Record, RecordType, Reference

DESK = (OWNER, "registrar", "acceptance", "supervisor")


class OrganisationPerson(Record):
    """Legal representative, contact, head of a project; personal data, kept for three years after they left."""

    organisation = Reference("organisation")
    name = models.CharField(max_length=60)
    office = models.CharField(max_length=60, blank=True)
    identity_number = models.CharField(max_length=18, blank=True)
    phone = models.CharField(max_length=30, blank=True)


PERSON = RecordType(
    name="organisation-person",
    label=LocalText("人员", "Person"),
    plural=LocalText("人员", "People"),
    model=OrganisationPerson,
    life=KEPT,
    groups=(
        Group(
            LocalText("人员", "Person"),
            (
                Field("organisation", LocalText("企业", "Organisation")),
                Field("name", LocalText("姓名", "Name"), personal="name", unmasked_for=DESK),
                Field("office", LocalText("职务", "Office")),
                Field(
                    "identity_number",
                    LocalText("身份证号", "Identity number"),
                    personal="id",
                    unmasked_for=("registrar",),
                ),
                Field("phone", LocalText("电话", "Phone"), personal="phone", unmasked_for=DESK),
            ),
        ),
    ),
    title=("office", "organisation"),
    columns=("name", "organisation", "office"),
    create_by=("applicant", "registrar"),
    read_by=DESK,
    handler="root",
    icon="users",
    in_rail=False,
    retention_days=1_095,
)
