"""Words of a text as ASCII tokens, the same for every database: Chinese as overlapping pairs, Latin and numbers whole.

A pair of characters becomes one token of hexadecimal code points; so a phrase of tokens finds exactly the texts that
hold the characters side by side, whatever tokeniser or locale the database has. Pure.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

RUN = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]+", re.UNICODE)
BREAK = "zz"  # between fields: no phrase reaches over it
QUERY_RUNS_MAX = 12
ASCII_LENGTH_MAX = 60


def normal(text: str) -> str:
    """Compatibility forms folded (full width to half), case folded."""
    return unicodedata.normalize("NFKC", text).casefold()


def tokens(text: str) -> list[str]:
    """Tokens of a text in order."""
    return [token for run in RUN.findall(normal(text)) for token in _of_run(run)]


def document(texts: Iterable[str], marks: Iterable[str] = ()) -> str:
    """What is stored of a record: the tokens of its texts field by field, and marks by which a search is narrowed."""
    parts = [" ".join(tokens(text)) for text in texts if text]
    return f" {BREAK} ".join([*(part for part in parts if part), *marks])


def mark(kind: str, value: str) -> str:
    """A token that says of which type, owner or handler a record is; no text makes such a token."""
    return f"m{kind}{hashlib.sha256(value.encode()).hexdigest()[:12]}"


def phrases(query: str) -> list[tuple[tuple[str, ...], bool]]:
    """What a query asks: phrases that must all be found, and whether the last token of each may go on (a prefix)."""
    found = []
    for run in RUN.findall(normal(query))[:QUERY_RUNS_MAX]:
        asked = _of_run(run)
        whole = run.isascii() or len(run) == 1
        found.append((tuple(asked if whole else asked[:-1]), whole))
    return found


def _of_run(run: str) -> list[str]:
    if run.isascii():
        return [f"w{run[:ASCII_LENGTH_MAX]}"]
    codes = [f"{ord(one):05x}" for one in run]
    pairs = [f"u{one}{two}" for one, two in pairwise(codes)]
    return [*pairs, f"u{codes[-1]}"] if len(codes) > 1 else [f"u{codes[0]}"]
