"""Promise: every line answers a firm with may, may not because, or what is needed; a proven standing is proposed."""

import json
from datetime import date
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from kandelia.apps.measures import facade
from kandelia.apps.measures.logic.eligibility import Chance, Offer, Profile
from kandelia.apps.measures.logic.reading import WrongParameters
from kandelia.apps.measures.logic.who import read_rules
from kandelia.apps.measures.store import DATA, ELIGIBILITY
from kandelia.base.errors import InvalidInput
from kandelia.sdk.records import access
from kandelia.sdk.views import Role

DAY = date(2019, 5, 1)
FIRM = Profile("enterprise", "C", "small", True, frozenset({"solution"}), frozenset({"pool-solution"}), True)
FACTS = {"awarded_for_event": False}


def by_line(profile: Profile, stated: dict[str, Any] | None = None, day: date = DAY) -> dict[str, Offer]:
    found = facade.offers(profile, stated or {}, day)
    assert len(found) == len(facade.measures().lines)
    return {one.line: one for one in found}


def test_a_small_maker_of_solutions() -> None:
    found = by_line(FIRM, {"M7": {"actual_input": "5000000"}, "M4": FACTS})
    assert (found["M7"].chance, found["M7"].upper_bound) == (Chance.MAY_ASK, "1500000")
    assert (found["M4"].chance, found["M4"].upper_bound) == (Chance.PROPOSED, "1500000")
    assert found["M6"].chance is Chance.OPEN and found["M3"].chance is Chance.NOT
    assert found["M3"].because[0].zh == "面向：平台服务商"


def test_what_reviewers_find_does_not_stand_in_the_way() -> None:
    case = {"service_fee": "3000000", "earlier_awards": [], "customer_local": True}
    found = by_line(FIRM, {"M5": case})["M5"]
    assert (found.chance, found.upper_bound) == (Chance.MAY_ASK, "500000")
    assert "显著经济社会效益" in found.findings[0].zh


def test_what_is_missing_is_named() -> None:
    found = by_line(Profile(), {"M6": {}, "M7": {}})
    assert found["M6"].chance is Chance.CANNOT_TELL and "规模" in found["M6"].needs[-1].zh
    assert found["M7"].needs[0].zh == "实际投入"


def test_nothing_is_offered_out_of_force() -> None:
    found = by_line(FIRM, {"M7": {"actual_input": "5000000"}}, date(2021, 1, 1))["M7"]
    assert found.chance is Chance.NOT and found.upper_bound == ""


def test_only_what_a_register_proves_is_proposed() -> None:
    claimed = Profile("enterprise", "C", "small", True, frozenset({"solution"}), frozenset({"pool-solution"}), False)
    assert by_line(claimed, {"M4": FACTS})["M4"].chance is Chance.MAY_ASK


PROFILES = st.builds(
    Profile,
    st.sampled_from(("", *facade.CODES["kind"])),
    st.sampled_from(("", *facade.CODES["sector"])),
    st.sampled_from(("", *facade.CODES["size"])),
    st.none() | st.booleans(),
    st.none() | st.frozensets(st.sampled_from(sorted(facade.rules().roles))),
    st.none() | st.frozensets(st.sampled_from(sorted(facade.rules().standings))),
    st.booleans(),
)


@given(PROFILES)
def test_knowing_more_never_turns_a_no_into_a_yes(profile: Profile) -> None:
    """What is refused by some facts is refused by all of them; what is open names what it needs."""
    known = Profile(
        profile.kind or "enterprise",
        profile.sector or "C",
        profile.size or "small",
        profile.local if profile.local is not None else True,
        profile.roles or frozenset(),
        profile.standings or frozenset(),
    )
    before, after = by_line(profile), by_line(known)
    for line, one in before.items():
        if one.chance is Chance.NOT:
            assert after[line].chance is Chance.NOT
        assert one.because or one.chance is not Chance.NOT


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("{role: [solution]}", "{role: [wizard]}", 'no role "wizard"'),
        ("{kind: [institution]}", "{colour: [red]}", "no fact of a profile"),
        ("standing: integration", "standing: fame", 'no standing "fame"'),
        ("  M6:", "  M66:", 'no line "M66"'),
        (", proves: assessed", "", "go together"),
    ],
)
def test_a_mistake_in_the_rules_names_its_line(old: str, new: str, words: str) -> None:
    texts = {line.id: line.who for line in facade.measures().lines.values()}
    with pytest.raises(WrongParameters) as raised:
        read_rules((DATA / ELIGIBILITY).read_text().replace(old, new, 1), texts)
    assert any(words in text and "line " in text for text in raised.value.mistakes)


@pytest.mark.parametrize("wrong", [{"colour": 1}, {"kind": "dragon"}, {"local": "yes"}, {"roles": "solution"}])
def test_a_wrong_profile_says_so(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        facade.profile_from(wrong)


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_answers_anybody(language: str) -> None:
    client = Client()
    client.cookies["kandelia_language"] = "zh-hans" if language == "zh" else "en"
    assert client.get("/measures/eligibility").status_code == 200
    sent = {"kind": "enterprise", "sector": "C", "as_of": "2019-05-01", "have": ["M7"], "M7:actual_input": "5,000,000"}
    page = client.post("/measures/eligibility", sent).content.decode()
    assert 'data-chance="may_ask"' in page and ("150万元" if language == "zh" else "1,500,000") in page
    assert 'value="5,000,000"' in page
    wrong = client.post("/measures/eligibility", {**sent, "M7:actual_input": "much"})
    assert wrong.status_code == 400 and 'value="much"' in wrong.content.decode()


@pytest.mark.django_db
def test_programs_ask_too_and_drafts_are_for_few() -> None:
    system = access.add_organisation("main", facade.measures().title)
    _, secret = access.create_token(access.system_viewer(system.id), "t", Role.VIEWER)
    head = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    body = {"profile": {"kind": "enterprise", "sector": "C"}, "cases": {"M7": {"actual_input": "5000000"}}}
    path = "/api/v1/measures-eligibility?as_of=2019-05-01"
    answer = Client().post(path, json.dumps(body), content_type="application/json", **head)  # type: ignore[arg-type]
    assert answer.json()[0]["line"] == "M7" and answer.json()[0]["upper_bound"] == "1500000"
    bad = Client().post(path, "[]", content_type="application/json", **head)  # type: ignore[arg-type]
    assert bad.status_code == 400
    assert Client().get("/measures/sandbox", **head).status_code == 403  # type: ignore[arg-type]
