"""Promise: what is due stands on the page; a calibration by the API moves the day; only who may change does."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from kandelia.base.text import LocalText
from kandelia.sdk.record_types import facade
from kandelia.sdk.records import access
from kandelia.sdk.views import RecordView, Role, Viewer

pytestmark = pytest.mark.django_db
LONG_AGO, TODAY = date(2020, 5, 31), datetime.now(UTC).date()


@pytest.fixture
def viewer() -> Viewer:
    access.add_organisation("works", LocalText("工厂", "Works"))
    return access.system_viewer("works")


@pytest.fixture
def gauge(viewer: Viewer) -> RecordView:
    return facade.create(viewer, "gauge", {"number": "G-1", "name": "Calliper", "calibrated_on": "2020-05-31"})


def client(viewer: Viewer, role: Role, language: str = "en") -> Client:
    _, secret = access.create_token(viewer, f"{role} {language}", role)
    return Client(headers={"Authorization": f"Bearer {secret}", "Accept-Language": language})


def test_what_is_due_stands_on_the_page_in_both_languages(viewer: Viewer, gauge: RecordView) -> None:
    assert gauge.values["due_on"] == date(2021, 5, 31)
    page = client(viewer, Role.VIEWER).get("/gauges/due").content.decode()
    assert "G-1 Calliper" in page and "2021-05-31" in page and "overdue" in page
    assert "已过期" in client(viewer, Role.VIEWER, "zh-hans").get("/gauges/due").content.decode()


def test_a_calibration_moves_the_day(viewer: Viewer, gauge: RecordView) -> None:
    engineer, url = client(viewer, Role.ENGINEER), f"/api/v1/gauges/{gauge.id}/calibrated"
    said = engineer.post(url, {"on": TODAY.isoformat()}, content_type="application/json")
    assert said.status_code == 200 and date.fromisoformat(said.json()["due_on"]) > TODAY + timedelta(days=360)
    assert "G-1" not in engineer.get("/gauges/due").content.decode()
    (change,) = facade.changes(viewer, "gauge", gauge.id)
    assert set(change.fields) >= {"calibrated_on"}


def test_who_may_only_look_is_refused(viewer: Viewer, gauge: RecordView) -> None:
    url = f"/api/v1/gauges/{gauge.id}/calibrated"
    said = client(viewer, Role.VIEWER).post(url, {"on": TODAY.isoformat()}, content_type="application/json")
    assert said.status_code == 403
    assert facade.get(viewer, "gauge", gauge.id).values["calibrated_on"] == LONG_AGO
