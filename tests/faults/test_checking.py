"""The checks of this folder see a number that is missing, one that is there twice, and one at a wrong time."""

import pytest

from tests.faults.plant import MS, PERIOD_MS, Stored, check_source, digest

STEP = PERIOD_MS * MS
BAD_MARK = 0x8031


def steps(*numbers: int) -> list[Stored]:
    return [Stored(number * STEP, float(number), 0) for number in numbers]


def test_a_run_is_well_and_so_is_a_hole_with_its_mark() -> None:
    check_source(steps(1, 2, 3), "s")
    check_source(sorted([*steps(1, 2, 5), Stored(2 * STEP + 1, 0.0, BAD_MARK)]), "s")


@pytest.mark.parametrize("rows", [steps(1, 2, 4), steps(1, 2, 2, 3), [*steps(1, 2), Stored(3 * STEP, 9.0, 0)]])
def test_what_is_wrong_is_seen(rows: list[Stored]) -> None:
    with pytest.raises(AssertionError):
        check_source(rows, "s")


def test_equal_rows_have_equal_hashes_whatever_their_order() -> None:
    assert digest([(1, 2, 3.0), (4, 5, 6.0)]) == digest([(4, 5, 6.0), (1, 2, 3.0)])
    assert digest([(1, 2, 3.0)]) != digest([(1, 2, 3.0), (1, 2, 3.0)])
