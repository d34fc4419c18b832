"""The holidays and 调休 that the State Council has published, as the package chinesecalendar holds them."""

from datetime import date

from chinese_calendar import constants

SOURCE = "国务院办公厅关于部分节假日安排的通知 (chinesecalendar)"


def published() -> dict[date, tuple[bool, str]]:
    """Each day that has a name: whether it is worked, and the name; from 2004 to the last year published."""
    rest = {day: (False, constants.Holiday(name).chinese) for day, name in constants.holidays.items()}
    work = {day: (True, f"{constants.Holiday(name).chinese}调休") for day, name in constants.workdays.items()}
    return rest | work
