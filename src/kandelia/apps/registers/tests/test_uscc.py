"""Promise: the check character of GB 32100-2015 finds every mistyped character and every swap of two neighbours."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kandelia.apps.registers.logic.uscc import LETTERS, check_character, checked
from kandelia.base.errors import InvalidInput

BODIES = st.text(LETTERS, min_size=17, max_size=17)


def test_published_codes_fit() -> None:
    """Codes of public bodies and firms as the public register prints them."""
    for code in ("91110000600037341L", "91440300708461136T"):
        assert checked(f" {code.lower()} ") == code


@given(BODIES, st.integers(0, 17), st.sampled_from(LETTERS))
def test_one_wrong_character_is_found(body: str, place: int, letter: str) -> None:
    code = body + check_character(body)
    typed = code[:place] + letter + code[place + 1 :]
    if typed == code:
        assert checked(typed) == code
    else:
        with pytest.raises(InvalidInput):
            checked(typed)


@given(BODIES, st.integers(0, 15))
def test_neighbours_swapped_are_found(body: str, place: int) -> None:
    code = body + check_character(body)
    typed = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if typed != code:
        with pytest.raises(InvalidInput):
            checked(typed)


@pytest.mark.parametrize("text", ["", "123", "O1110000600037341L", "91110000600037341LL"])
def test_other_text_is_refused_with_advice(text: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        checked(text)
    assert raised.value.where == "uscc" and raised.value.mend
