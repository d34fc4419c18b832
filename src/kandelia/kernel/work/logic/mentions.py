"""Who a text mentions: @sign-in, in Chinese text as in English. Pure."""

import re

MENTIONS_MAX = 20
_MENTION = re.compile(r"(?<![\w@.])@([\w](?:[\w.+-]*[\w])?)", re.ASCII)


def mentioned(text: str) -> tuple[str, ...]:
    """Sign-in names in the order they stand, each once, at most MENTIONS_MAX; an e-mail address mentions nobody."""
    return tuple(dict.fromkeys(_MENTION.findall(text)))[:MENTIONS_MAX]
