"""Qualities as payloads write them, as base.quality has them."""

from typing import Any

from kandelia.base.quality import BAD, GOOD, UNCERTAIN, from_status_code

FORMATS = ("words", "opc", "opcua")
_WORDS = {"good": GOOD, "ok": GOOD, "true": GOOD, "uncertain": UNCERTAIN, "bad": BAD, "false": BAD}
_CLASSIC = {0xC0: GOOD, 0x40: UNCERTAIN}  # OPC DA 3.00, 6.8: the two highest of eight bits


def read_quality(value: Any, format: str) -> int:
    """`words`: true, false, or good, uncertain, bad as a text's beginning; `opc`: 192 is good (OPC DA);
    `opcua`: a StatusCode, 0 is good. ValueError for a number where words are expected.
    """
    if isinstance(value, bool):
        return GOOD if value else BAD
    if isinstance(value, str):
        lower = value.strip().lower()
        return next((quality for word, quality in _WORDS.items() if lower.startswith(word)), BAD)
    if value is None:
        return BAD
    if not isinstance(value, int | float) or format == "words":
        raise ValueError(f"a quality {value!r:.40} that quality_format does not name (opc or opcua)")
    number = int(value) & 0xFFFFFFFF
    return from_status_code(number) if format == "opcua" else _CLASSIC.get(number & 0xC0, BAD)
