"""Unified social credit code (统一社会信用代码): form and check character (GB 32100-2015, 4 and annex A). Pure."""

from kandelia.base.errors import InvalidInput
from kandelia.base.text import Said

LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # 31 characters: without I, O, S, V and Z
LENGTH = 18
WEIGHTS = tuple(pow(3, place, 31) for place in range(LENGTH - 1))


def check_character(body: str) -> str:
    """The 18th character for the first 17."""
    total = sum(LETTERS.index(letter) * weight for letter, weight in zip(body, WEIGHTS, strict=True))
    return LETTERS[(31 - total % 31) % 31]


def checked(text: str) -> str:
    """The code in capital letters; InvalidInput says what is wrong with it."""
    code = text.strip().upper()
    if len(code) != LENGTH:
        raise InvalidInput(
            Said(f"代码有 {len(code)} 位", f"it has {len(code)} characters"),
            "uscc",
            Said(f"请填写全部 {LENGTH} 位", f"give all {LENGTH} of them"),
            "bad-uscc",
        )
    if wrong := sorted(set(code) - set(LETTERS)):
        raise InvalidInput(
            Said(f"代码中不会出现“{wrong[0]}”", f'"{wrong[0]}" does not occur in such a code'),
            "uscc",
            Said("代码不使用 I、O、S、V、Z，请核对", "I, O, S, V and Z are never used; look again"),
            "bad-uscc",
        )
    if check_character(code[:-1]) != code[-1]:
        raise InvalidInput(
            Said("校验码不符", "the check character does not fit"),
            "uscc",
            Said("有一位输入有误", "one of the characters is mistyped"),
            "bad-uscc",
        )
    return code
