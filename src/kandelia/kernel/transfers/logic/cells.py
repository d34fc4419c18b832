"""Columns of cells as values: numbers, yes and no, qualities; whole columns at once, what cannot be read is marked."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from kandelia.base.quality import BAD, GOOD, UNCERTAIN, from_status_code

EMPTY = ("", "nan", "null", "none", "na", "n/a", "#n/a", "-", "--", "---", "无", "空")
TRUE = ("true", "yes", "on", "1", "是", "开", "真", "运行", "1.0")
FALSE = ("false", "no", "off", "0", "否", "关", "假", "停止", "0.0")
NUMBER = r"^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$"
THOUSANDS = {".": r"^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$", ",": r"^[+-]?\d{1,3}(\.\d{3})+(,\d*)?$"}
QUALITY_WORDS = {
    "good": GOOD,
    "ok": GOOD,
    "好": GOOD,
    "正常": GOOD,
    "uncertain": UNCERTAIN,
    "bad": BAD,
    "坏": BAD,
    "异常": BAD,
}
OPC_DA_GOOD, OPC_DA_UNCERTAIN = 192, 64  # OPC Data Access 3.00, 6.8: the two high bits of a byte
WRONG_SHARE_MAX = 0.5  # of a column's cells that are no numbers, while it is still taken for one of numbers


def trimmed(texts: pa.Array) -> pa.Array:
    """Without blanks around; null where a cell says in some word that nothing is there."""
    clean = pc.utf8_trim_whitespace(texts)
    empty = pc.is_in(pc.utf8_lower(clean), pa.array(EMPTY))
    return pc.if_else(pc.fill_null(empty, True), pa.scalar(None, clean.type), clean)


def floats(texts: pa.Array, decimal: str = ".") -> tuple[pa.Array, np.ndarray]:
    """(float64 with null where nothing is there or nothing can be read, mask of what cannot be read)."""
    clean = trimmed(texts)
    try:
        if decimal == ".":  # most columns: nothing to look at
            read = clean.cast(pa.float64())
            return finite(read)
    except pa.ArrowInvalid:
        pass
    clean = _plain(clean, decimal)
    fits = pc.fill_null(pc.match_substring_regex(clean, NUMBER), False)
    read = pc.if_else(fits, clean, pa.scalar(None, clean.type)).cast(pa.float64())
    held, bad = finite(read)
    return held, bad | (clean.is_valid().to_numpy(zero_copy_only=False) & ~fits.to_numpy(zero_copy_only=False))


def integers(texts: pa.Array, decimal: str = ".") -> tuple[pa.Array, np.ndarray]:
    """(int64, mask of what is no whole number); all 64 bits are kept, "12.0" is 12."""
    clean = trimmed(texts)
    try:
        return clean.cast(pa.int64()), np.zeros(len(clean), bool)
    except pa.ArrowInvalid:
        pass
    numbers, bad = floats(clean, decimal)
    held = pc.fill_null(numbers, 0.0).to_numpy(zero_copy_only=False)
    whole = (held == np.trunc(held)) & (np.abs(held) < 2.0**63)
    bad = bad | ~whole
    mask = bad | ~numbers.is_valid().to_numpy(zero_copy_only=False)
    coarse = np.where(mask, 0, held).astype(np.int64)
    exact = pc.fill_null(pc.match_substring_regex(clean, r"^[+-]?\d{1,18}$"), False)
    fine = pc.if_else(exact, pc.fill_null(clean, "0"), "0").cast(pa.int64()).to_numpy(zero_copy_only=False)
    return pa.array(np.where(exact.to_numpy(zero_copy_only=False), fine, coarse), mask=mask), bad


def booleans(texts: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """(int64 of 0 and 1, mask of what is neither yes nor no)."""
    clean = pc.utf8_lower(trimmed(texts))
    yes = pc.fill_null(pc.is_in(clean, pa.array(TRUE)), False).to_numpy(zero_copy_only=False)
    no = pc.fill_null(pc.is_in(clean, pa.array(FALSE)), False).to_numpy(zero_copy_only=False)
    there = clean.is_valid().to_numpy(zero_copy_only=False)
    return pa.array(yes.astype(np.int64), mask=~(yes | no)), there & ~yes & ~no


def qualities(texts: pa.Array) -> np.ndarray:
    """UInt16 of words, of OPC DA bytes or of OPC UA status codes, looked up once for each distinct cell."""
    coded = pc.fill_null(pc.utf8_trim_whitespace(texts), "").dictionary_encode()
    known = np.array([quality_of(text) for text in coded.dictionary.to_pylist()] or [0], np.uint16)
    return known[coded.indices.to_numpy(zero_copy_only=False)]  # type: ignore[no-any-return]


def quality_of(text: str) -> int:
    """One quality: empty is good, what says nothing known is uncertain."""
    word = text.lower()
    if not word or word in QUALITY_WORDS:
        return QUALITY_WORDS.get(word, GOOD)
    try:
        code = int(word, 0)
    except ValueError:
        return next((QUALITY_WORDS[known] for known in QUALITY_WORDS if word.startswith(known)), UNCERTAIN)
    if 0 < code <= 0xFF:
        return GOOD if code >= OPC_DA_GOOD else UNCERTAIN if code >= OPC_DA_UNCERTAIN else BAD
    return from_status_code(code) if 0xFFFF < code <= 0xFFFFFFFF else code if 0 <= code <= 0xFFFF else UNCERTAIN


def kind_of(cells: Sequence[str], decimal: str = ".") -> str:
    """What a sample of a column seems to hold: float, integer, boolean, text, or empty."""
    texts = trimmed(pa.array(list(cells), pa.string()))
    if texts.null_count == len(texts):
        return "empty"
    held = texts.drop_null()
    if not booleans(held)[1].any():
        words = set(pc.utf8_lower(held).to_pylist())
        return "boolean" if words - {"0", "1", "0.0", "1.0"} else "integer"
    wrong = floats(held, decimal)[1]
    if wrong.mean() > WRONG_SHARE_MAX:
        return "text"
    held = held.filter(pa.array(~wrong))
    return "float" if pc.any(pc.match_substring_regex(held, "[.,eE]")).as_py() else "integer"


def finite(read: pa.Array) -> tuple[pa.Array, np.ndarray]:
    """(the column with null for infinity, mask of those): infinity is no value of a signal."""
    wrong = pc.fill_null(pc.invert(pc.is_finite(read)), False)
    bad = wrong.to_numpy(zero_copy_only=False)
    return (pc.if_else(wrong, pa.scalar(None, pa.float64()), read) if bad.any() else read), bad


def _plain(clean: pa.Array, decimal: str) -> pa.Array:
    """With a point for decimals and nothing between thousands."""
    other = "," if decimal == "." else "."
    grouped = pc.fill_null(pc.match_substring_regex(clean, THOUSANDS[decimal]), False)
    clean = pc.if_else(grouped, pc.replace_substring(clean, other, ""), clean)
    return pc.replace_substring(clean, ",", ".") if decimal == "," else clean
