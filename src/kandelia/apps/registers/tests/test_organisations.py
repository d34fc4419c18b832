"""Promise: organisations are registered, verified, renamed with dates, and duplicates merged and parted again."""

from typing import Any

import pytest

from kandelia.apps.registers import facade as registers
from kandelia.apps.registers.logic.uscc import check_character
from kandelia.base.errors import Conflict, InvalidInput, NotAllowed, NotFound
from kandelia.base.text import LocalText
from kandelia.sdk.record_types import Query, facade
from kandelia.sdk.records import access
from kandelia.sdk.views import Role, Viewer

pytestmark = pytest.mark.django_db
FIRM = Viewer("firm", "person:1", "Wang", Role.OPERATOR, duties=frozenset({"applicant"}))
DESK = Viewer("bureau", "person:2", "Zhao", Role.VIEWER, duties=frozenset({"registrar"}))
SECOND = Viewer("bureau", "person:3", "Sun", Role.VIEWER, duties=frozenset({"registrar"}))


def code(serial: int) -> str:
    body = f"91440300MA{serial:07}"
    return body + check_character(body)


def values(serial: int = 1, **more: Any) -> dict[str, Any]:
    known = {
        "uscc": code(serial),
        "name_zh": f"演示电子{serial}有限公司",
        "sector": "C",
        "size": "small",
        "contact_name": "王小明",
        "contact_phone": "13800001234",
    }
    return known | more


@pytest.fixture(autouse=True)
def places() -> None:
    access.add_organisation("bureau", LocalText("示范局"))
    for id in ("firm", "other"):
        access.add_organisation(id, LocalText(id), parent="bureau")


def active(serial: int, **more: Any) -> int:
    id = facade.create(FIRM, "organisation", values(serial, **more)).id
    facade.act(FIRM, "organisation", id, "submit")
    facade.act(DESK, "organisation", id, "approve")
    return id


def test_a_firm_registers_and_is_approved() -> None:
    id = active(1)
    view = facade.get(None, "organisation", id)
    assert view.title == "演示电子1有限公司" and "contact_phone" not in view.values and "revenue" not in view.values
    assert facade.get(FIRM, "organisation", id).values["contact_phone"] == "13800001234"
    assert [hit.id for hit in facade.search(None, "演示电子")] == [id]


def test_a_wrong_code_and_a_second_record_of_one_code_are_refused() -> None:
    with pytest.raises(InvalidInput, match="check character"):
        facade.create(FIRM, "organisation", values(uscc=code(1)[:-1] + ("0" if code(1)[-1] != "0" else "1")))
    active(1)
    with pytest.raises(Conflict):
        facade.create(FIRM, "organisation", values(1))


def test_the_firm_cannot_approve_itself() -> None:
    id = facade.create(FIRM, "organisation", values()).id
    with pytest.raises(InvalidInput, match="nothing is given"):
        other = facade.create(FIRM, "organisation", values(2, contact_phone="")).id
        facade.act(FIRM, "organisation", other, "submit")
    facade.act(FIRM, "organisation", id, "submit")
    with pytest.raises(NotAllowed):
        facade.act(FIRM, "organisation", id, "approve")


def test_a_new_name_ends_the_old_one() -> None:
    id = active(1)
    facade.change(DESK, "organisation", id, {"name_zh": "演示精密有限公司"})
    names = registers.names(id)
    assert [name for name, _, _ in names] == ["演示精密有限公司", "演示电子1有限公司"]
    assert names[0][2] is None and names[1][2] is not None


def test_the_profile_is_found_by_account() -> None:
    assert registers.profile_of(FIRM) is None
    id = active(1)
    facade.change(DESK, "organisation", id, {"account": "firm"})
    profile = registers.profile_of(FIRM)
    assert profile is not None and (profile.id, profile.sector) == (id, "C")


def test_duplicates_are_merged_and_parted_again() -> None:
    kept, dropped = active(1), active(2)
    site = facade.create(FIRM, "organisation-site", {"organisation": dropped, "name": "一厂", "address": "某路1号"}).id
    merge = facade.create(DESK, "organisation-merge", {"kept": kept, "dropped": dropped, "reason": "同一企业"}).id
    facade.act(SECOND, "organisation-merge", merge, "apply")
    assert facade.get(FIRM, "organisation-site", site).values["organisation"].id == kept
    assert facade.get(DESK, "organisation", dropped).state == "merged"
    facade.act(DESK, "organisation-merge", merge, "undo", reason="不是同一企业")
    assert facade.get(FIRM, "organisation-site", site).values["organisation"].id == dropped
    assert facade.get(DESK, "organisation", dropped).state == "active"
    with pytest.raises(Conflict):
        facade.create(DESK, "organisation-merge", {"kept": kept, "dropped": kept, "reason": "x"})


def test_people_are_for_few() -> None:
    id = active(1)
    person = {"organisation": id, "name": "李四", "identity_number": "440300199001011234"}
    one = facade.create(FIRM, "organisation-person", person).id
    assert facade.get(FIRM, "organisation-person", one).values["identity_number"] == "440***********1234"
    assert facade.reveal(DESK, "organisation-person", one, "identity_number") == "440300199001011234"
    leader = Viewer("bureau", "person:9", "Lin", Role.VIEWER, duties=frozenset({"leader"}))
    with pytest.raises(NotFound):
        facade.get(leader, "organisation-person", one)
    assert facade.page(leader, "organisation-person", Query()).items == ()
