"""Document numbers (文号) after a pattern such as "IA-{year}-{serial:05}". Pure."""

from datetime import date


def row_of(pattern: str, day: date) -> str:
    """The text that numbers a row: the pattern with its year filled in, the serial left open."""
    return pattern.replace("{year}", f"{day:%Y}")


def number(pattern: str, day: date, serial: int) -> str:
    """The number itself."""
    return row_of(pattern, day).format(serial=serial)
