"""Which signal a column may mean: by id, by number, by key, by name. Only what fits one signal alone is proposed."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kandelia.base.samples import Kind
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.transfers.logic.findings import without_unit
from kandelia.kernel.transfers.logic.plans import Target

KEY_CHARACTERS_MAX = 40
_MANY = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A column or name to be mapped."""

    name: str
    kind: str
    unit: str = ""


def propose(wanted: Iterable[Wanted], signals: Iterable[SignalView], machine: str = "") -> dict[str, Target]:
    """Name → target. What fits no signal becomes a new one on `machine` where that is given, else is left out."""
    words = _words(signals, machine)
    taken = {view.key for view in signals if view.machine == machine}
    targets: dict[str, Target] = {}
    used: set[str] = set()
    for one in wanted:
        found = next((words[word] for word in _forms(one.name) if words.get(word)), "")
        if found and found not in used:
            used.add(found)
            targets[one.name] = Target(signal=found)
        elif machine and one.kind not in ("empty", "time"):
            key = key_of(without_unit(one.name), taken)
            taken.add(key)
            kind = one.kind if one.kind != "empty" else "float"
            targets[one.name] = Target("", machine, key, without_unit(one.name), kind, one.unit)
    return targets


def key_of(name: str, taken: Iterable[str]) -> str:
    """A free key from a name: its Latin letters and digits, else "signal" with a number."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:KEY_CHARACTERS_MAX].strip("-") or "signal"
    key, number, held = stem, 1, set(taken)
    while key in held:
        number += 1
        key = f"{stem}-{number}"
    return key


def _words(signals: Iterable[SignalView], machine: str) -> Mapping[str, str]:
    """Folded word → id; a word of several signals means none. Those of the machine come first."""
    own: dict[str, str] = {}
    others: dict[str, str] = {}
    for view in signals:
        places = own if machine and view.machine == machine else others
        short = (view.key, view.name.zh, view.name.en, view.address)
        for word in {_folded(one) for one in short if one}:
            places[word] = view.id if word not in places else _MANY
    exact = {word: view.id for view in signals for word in (_folded(view.id), str(view.number))}
    return {**others, **{word: id for word, id in own.items() if id}, **exact}


def _forms(name: str) -> Iterable[str]:
    bare = without_unit(name)
    yield _folded(name)
    yield _folded(bare)
    yield _folded(re.split(r"[./\\]", bare)[-1])


def _folded(word: str) -> str:
    return re.sub(r"[\s_\-./\\]+", "", unicodedata.normalize("NFKC", word).casefold())


def kind_word(kind: Kind) -> str:
    """A kind as plans write it."""
    return kind.name.lower()
