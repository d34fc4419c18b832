"""Digests of what a step said: they stay in the chain when the words are erased. Pure."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 (hexadecimal) over the content as canonical JSON; its salt keeps short words from being guessed."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()
