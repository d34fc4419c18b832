"""Promise: the plan and its 24 measures are loaded once, found by words and dates, and nothing is invented in them."""

from datetime import date

import pytest

from kandelia.apps.policy import facade as policy
from kandelia.apps.policy.contracts import Loaded
from kandelia.base.errors import NotAllowed
from kandelia.base.text import LocalText
from kandelia.sdk.record_types import Query, facade
from kandelia.sdk.records import access
from kandelia.sdk.views import Role, Viewer

pytestmark = pytest.mark.django_db
EDITOR = Viewer("bureau", "person:1", "Wang", Role.VIEWER, duties=frozenset({"editor"}))


@pytest.fixture(autouse=True)
def loaded() -> None:
    access.add_organisation("bureau", LocalText("示范局"))
    policy.load(EDITOR)


def test_a_second_loading_changes_nothing() -> None:
    assert policy.load(EDITOR) == Loaded(0, 0)


def test_a_changed_file_changes_what_differs_and_keeps_the_history() -> None:
    text = (policy.CONTENT / "plan.yaml").read_text().replace("value: '50'", "value: '51'", 1)
    assert policy.load(EDITOR, text, "plan.yaml") == Loaded(0, 1)


def test_all_is_there_and_public() -> None:
    assert {view.title for view in facade.page(None, "policy-document", Query()).items} == {
        "深圳市工业互联网发展行动计划（2018—2020年）",
        "深圳市加快工业互联网发展的措施",
    }
    items = facade.page(None, "policy-item", Query(limit=200)).items
    keys = {view.values["key"] for view in items}
    assert {f"T0{n}" for n in range(1, 10)} | {f"Q{n:02}" for n in range(1, 15)} < keys
    assert sum(view.values["kind"] == "funding" for view in items) == 20 and "M24" in keys


def test_what_the_source_does_not_give_is_empty_and_said() -> None:
    for view in facade.page(None, "policy-document", Query()).items:
        for name in ("number", "issuer", "issued_on"):
            assert view.values[name] in ("", None) and name in view.values["not_given"]
    for clause in facade.page(None, "policy-clause", Query(limit=100)).items:
        assert clause.values["heading"] == "" and clause.values["not_given"] == "heading"


def test_words_and_dates_find() -> None:
    assert any(hit.title.startswith("M5 ") for hit in facade.search(None, "服务费"))
    day = {"valid_from.to": ("2019-06-01",), "valid_to.from": ("2019-06-01",)}
    found = facade.page(None, "policy-document", Query(filters=day)).items
    assert [view.title for view in found] == ["深圳市加快工业互联网发展的措施"]
    assert len(policy.items(date(2019, 6, 1), kind="funding")) == 20
    assert policy.items(date(2021, 1, 1), kind="funding") == ()


def test_a_stranger_may_not_load() -> None:
    with pytest.raises(NotAllowed):
        policy.load(Viewer("bureau", "person:2", "Li", Role.VIEWER))
