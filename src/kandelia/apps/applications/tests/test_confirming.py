"""Promise: what the engine proposes a firm only confirms, once, by page and by API; nobody else can."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from kandelia.apps.applications import store
from kandelia.apps.applications.tests import cast as stage
from kandelia.apps.applications.tests.cast import Cast
from kandelia.sdk.record_types import facade, type_of
from kandelia.sdk.records import access
from kandelia.sdk.views import Role

pytestmark = pytest.mark.django_db
LINE = "M16"  # a fixed reward for a standing that the register proves


@pytest.fixture
def cast() -> Cast:
    cast = stage.assemble()
    model: Any = type_of("organisation").model
    model.objects.filter(entry_id=cast.profiles[0]).update(kind="enterprise", verified_on=timezone.localdate())
    given = {"organisation": cast.profiles[0], "kind": "integration", "granted_on": "2019-01-01"}
    standing = facade.create(cast.firm0, "organisation-standing", given)
    facade.act(cast.firm0, "organisation-standing", standing.id, "submit")
    registrar = stage.member(stage.BUREAU, "registrar", ("registrar",))
    facade.act(registrar, "organisation-standing", standing.id, "approve")
    return cast


def client_of(organisation: str, *duties: str) -> Client:
    system = access.system_viewer(organisation)
    name = f"{organisation}-{'-'.join(duties) or 'none'}"
    _, secret = access.create_token(system, name, Role.OPERATOR, duties=frozenset(duties))
    return Client(headers={"Authorization": f"Bearer {secret}", "Accept-Language": "zh-hans"})


def test_confirmed_it_stands_and_is_handed_in(cast: Cast) -> None:
    stage.draft(cast, stage.call(cast))  # the firm has given its account before
    call = stage.call(cast, line=LINE, form={})
    firm = client_of("firm0", "applicant")
    answered = firm.post(f"/api/v1/measures/{LINE}/confirm")
    assert answered.status_code == 201, answered.content
    [row] = store.rows("application").filter(call_id=call)
    view = facade.get(cast.firm0, "application", row.entry_id)
    assert view.state == "submitted" and view.values["asked"] == view.values["bound"] == 500_000
    assert row.inputs["assessed"] is True and answered["Location"] == f"/records/application/{row.entry_id}"
    again = firm.post(f"/measures/{LINE}/confirm")
    assert (again.status_code, again["Location"]) == (302, answered["Location"])
    assert store.rows("application").filter(call_id=call).count() == 1


def test_what_is_missing_is_filled_in_first(cast: Cast) -> None:
    stage.call(cast, line=LINE, form={}, documents="评定证书")
    page = client_of("firm0", "applicant").post(f"/measures/{LINE}/confirm")
    assert page.status_code == 302 and page["Location"].endswith("/edit")
    [row] = store.rows("application").filter(line=LINE)
    assert row.entry.state == "draft" and row.asked == 500_000


def test_only_who_is_offered_it_confirms(cast: Cast) -> None:
    firm = client_of("firm0", "applicant")
    assert firm.post(f"/api/v1/measures/{LINE}/confirm").status_code == 404  # no call is open
    stage.call(cast, line=LINE, form={})
    assert client_of("firm1", "applicant").post(f"/api/v1/measures/{LINE}/confirm").status_code == 404  # not proven
    assert firm.post("/api/v1/measures/M10/confirm").status_code == 404  # not proposed
    assert client_of("firm0").post(f"/api/v1/measures/{LINE}/confirm").status_code == 403  # no applicant
    assert Client().post(f"/api/v1/measures/{LINE}/confirm").status_code == 401
    assert not store.rows("application").exists()
