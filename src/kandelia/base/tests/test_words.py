"""Promise: the small words — ids, clocks, quality, names — mean what their docstrings say."""

import copy
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kandelia.base.clock import NS_PER_S, ManualClock, from_ns, to_ns
from kandelia.base.errors import InvalidInput, KandeliaError
from kandelia.base.ids import new_id, plain_id
from kandelia.base.quality import BAD_SENSOR_FAILURE, GOOD, Severity, detail, from_status_code, severity
from kandelia.base.text import LocalText, Said


def test_ids_are_unique_and_sort_by_time() -> None:
    made = [new_id() for _ in range(1_000)]
    assert len(set(made)) == 1_000
    assert [m[:9] for m in made] == sorted(m[:9] for m in made)
    assert all(plain_id(m, "id") == m for m in made)


@pytest.mark.parametrize("text", ["oven", "smt-1.zone_3", "a", "0", "a" * 120])
def test_plain_ids_pass(text: str) -> None:
    assert plain_id(text, "here") == text


@pytest.mark.parametrize("text", ["", "Oven", "炉", "a b", ".a", "a.", "-a", "a" * 121, "a/b", "a*", "a>", "a\n"])
def test_other_ids_say_how_to_mend(text: str) -> None:
    with pytest.raises(InvalidInput, match="lower-case"):
        plain_id(text, "line 3")


@given(st.datetimes(datetime(1970, 1, 1), datetime(2262, 1, 1)))
def test_times_go_both_ways(at: datetime) -> None:
    aware = at.replace(tzinfo=UTC)
    assert from_ns(to_ns(aware)) == aware


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        to_ns(datetime(2026, 1, 1))


def test_a_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock()
    before = clock.now_ns(), clock.monotonic_s()
    clock.jump(-3600)
    assert clock.monotonic_s() == before[1]
    clock.advance(3601)
    assert clock.now_ns() == before[0] + NS_PER_S


@pytest.mark.parametrize(
    ("code", "quality", "expected"),
    [
        (0, GOOD, Severity.GOOD),
        (0x408F0000, 0x408F, Severity.UNCERTAIN),
        (0x808C0000, BAD_SENSOR_FAILURE, Severity.BAD),
    ],
)
def test_quality_is_the_upper_half_of_a_status_code(code: int, quality: int, expected: Severity) -> None:
    assert from_status_code(code) == quality
    assert severity(quality) is expected


def test_quality_has_words() -> None:
    assert detail(BAD_SENSOR_FAILURE) == "BadSensorFailure"
    assert detail(0xFFFF) == "Bad(0xFFFF)"


def test_names_fall_back_visibly() -> None:
    name = LocalText(en="oven")
    assert name.say("zh-hans") == "oven"
    assert name.falls_back("zh-hans")
    assert not name.falls_back("en")


def test_errors_say_what_where_and_how_to_mend() -> None:
    error = KandeliaError('signal "oven.zone1" repeats', "line 14 of site.yaml", "rename one of them")
    assert str(error) == 'line 14 of site.yaml: signal "oven.zone1" repeats; rename one of them'


def test_a_sentence_in_both_languages_stays_so_when_copied() -> None:
    copied = copy.deepcopy(Said("没有", "nothing"))
    assert (copied.say("zh"), copied.say("en")) == ("没有", "nothing")
