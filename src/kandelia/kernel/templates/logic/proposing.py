"""A template made of the signals a machine has: which parts of its addresses may differ elsewhere. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from kandelia.base.text import LocalText
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.templates.definitions import Parameter, Proposal, TemplateView
from kandelia.kernel.templates.logic import patterns
from kandelia.kernel.templates.logic.documents import OWN

_TOKEN = re.compile(r"[^\s.;:/=|,\[\]{}()#@!\\\"']+")
_DULL = re.compile(r"(ns|s|i|g|b|\d+)", re.IGNORECASE)
DEVICE = "device"


def proposals(signals: Iterable[SignalView], path: str, line: str = "") -> tuple[Proposal, ...]:
    """Keys of the machine and its place where addresses hold them; else the part that most addresses share."""
    tokens = [set(_TOKEN.findall(signal.address)) for signal in signals if signal.address]
    counts = Counter(token for found in tokens for token in found)
    site, area, machine = path.split("/")
    known = (("machine", machine), ("line", line), ("area", area), ("site", site))
    found = [Proposal(text, name, counts[text], own=False) for name, text in known if text and counts[text]]
    if any(one.parameter == "machine" for one in found):
        return tuple(found)
    taken = {one.text for one in found}
    shared = [
        (count, len(text), text)
        for text, count in counts.items()
        if text not in taken and not _DULL.fullmatch(text) and count * 2 > len(tokens)
    ]
    if shared:
        count, _, text = max(shared)
        found.insert(0, Proposal(text, DEVICE, count))
    return tuple(found)


def template_of(
    key: str, name: LocalText, signals: Sequence[SignalView], chosen: Sequence[Proposal]
) -> tuple[TemplateView, str]:
    """The template, and the connection that most of the machine's signals use, which instances name themselves."""
    connections = Counter(signal.connection for signal in signals)
    usual = connections.most_common(1)[0][0] if connections else ""
    made = tuple(_pattern(signal, usual, chosen) for signal in signals)
    own = dict.fromkeys(one.parameter for one in chosen if one.parameter not in OWN)
    return TemplateView(key, name, tuple(Parameter(name) for name in own), made), usual


def _pattern(signal: SignalView, usual: str, chosen: Sequence[Proposal]) -> SignalView:
    connection = "" if signal.connection == usual else patterns.escape(signal.connection)
    name = LocalText(patterns.escape(signal.name.zh), patterns.escape(signal.name.en))
    address = replaced(signal.address, chosen)
    return replace(signal, number=0, id="", machine="", name=name, connection=connection, address=address)


def replaced(address: str, chosen: Sequence[Proposal]) -> str:
    """An address as a pattern: whole words give way to parameters, the longest first; all else stays as it is."""
    texts = {one.text: one.parameter for one in chosen if one.text}
    if not texts:
        return patterns.escape(address)
    words = "|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True))
    parts = re.split(rf"(?<![^\W_])({words})(?![^\W_])", address)
    return "".join(f"{{{texts[part]}}}" if n % 2 else patterns.escape(part) for n, part in enumerate(parts))
