"""A bureau and two firms with people in their offices, and records of the tests' own types."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from kandelia.kernel.access.contracts import Role, Viewer
from kandelia.kernel.access.models import Duty, Membership, Organisation, Person
from kandelia.kernel.records import facade as records


def join(organisation: str, sign_in: str, role: Role = Role.VIEWER, duties: tuple[str, ...] = ()) -> Viewer:
    """A person of an organisation, and how they look at things."""
    person, _ = Person.objects.get_or_create(
        sign_in=sign_in, defaults={"name": sign_in.title(), "email": f"{sign_in}@example.cn", "password": "!"}
    )
    place = Membership.objects.create(person=person, organisation_id=organisation, role=role.value)
    Duty.objects.bulk_create(Duty(membership=place, name=name) for name in duties)
    return Viewer(organisation, f"person:{person.id}", str(person), role, "en", frozenset(duties))


@pytest.fixture
def people(db: None) -> SimpleNamespace:
    bureau = Organisation.objects.create(id="bureau", name_zh="示范局", name_en="Bureau")
    for id in ("firm", "other"):
        Organisation.objects.create(id=id, name_zh=id, name_en=id, parent=bureau)
    return SimpleNamespace(
        firm=join("firm", "wang", Role.OPERATOR),
        other=join("other", "li", Role.ADMINISTRATOR),
        desk=join("bureau", "zhao", duties=("acceptance",)),
        desk2=join("bureau", "zhou", duties=("acceptance",)),
        expert=join("bureau", "qian", duties=("expert",)),
        boss=join("bureau", "sun", duties=("supervisor",)),
        chief=join("bureau", "wu", Role.ADMINISTRATOR),
    )


@pytest.fixture
def ask(people: SimpleNamespace) -> Callable[..., int]:
    """A question of the firm; its id."""

    def asked(subject: str = "如何接入", **more: Any) -> int:
        values = {"subject": subject, "text": "IPv6", "phone": "13800001234", **more}
        return records.create(people.firm, "question", values).id

    return asked
