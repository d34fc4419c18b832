"""Promise: a gauge is due on the same day so many months later, or on the last one of a shorter month."""

from datetime import date

import pytest
from kandelia_tiny_app.logic import due_on


@pytest.mark.parametrize(
    ("calibrated", "months", "due"),
    [
        (date(2026, 3, 15), 12, date(2027, 3, 15)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 12, 1), 120, date(2036, 12, 1)),
    ],
)
def test_the_day_it_is_due(calibrated: date, months: int, due: date) -> None:
    assert due_on(calibrated, months) == due
