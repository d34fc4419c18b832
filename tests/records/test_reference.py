"""Promise: the page of record types, with the picture of every life, is as the declarations are."""

from kandelia.kernel.lives.logic.checking import picture
from kandelia.kernel.records.registry import types
from tools.record_reference import PAGE, page


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run .venv/bin/python -m tools.record_reference"


def test_every_life_is_drawn() -> None:
    text = PAGE.read_text(encoding="utf-8")
    lacking = [
        one.name for one in types() if one.model.__module__.startswith("kandelia.") and picture(one.life) not in text
    ]
    assert not lacking
