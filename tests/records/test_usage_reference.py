"""Promise: the reference of settings and commands is what the settings and commands say of themselves."""

from tools.usage_reference import COMMANDS_PAGE, SETTINGS_PAGE, commands_page, settings_page

MEND = "run .venv/bin/python -m tools.usage_reference"


def test_the_pages_are_fresh() -> None:
    assert SETTINGS_PAGE.read_text(encoding="utf-8") == settings_page(), MEND
    assert COMMANDS_PAGE.read_text(encoding="utf-8") == commands_page(), MEND
