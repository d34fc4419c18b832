"""What a firm may ask for, how much at most, what is missing and why not: every line over one profile. Pure.

Three answers, as everywhere in this room: it may ask; it may not, because …; it cannot be told, … is needed. What only
reviewers can find never stands in a firm's way here; it is named.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from kandelia.apps.measures.contracts import Answer, Result, State
from kandelia.apps.measures.logic.declarations import InputKind, Line, Measures
from kandelia.apps.measures.logic.engine import compute
from kandelia.apps.measures.logic.who import Rule, Rules
from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText

WHO, WHAT = "who_fits", "what_fits"
LOCAL = "locally_registered"
SAID = (WHO, WHAT)


class Chance(StrEnum):
    """Where a firm stands with a line."""

    PROPOSED = "proposed"  # all is clear from registers: the firm only confirms (免申即享)
    MAY_ASK = "may_ask"
    CANNOT_TELL = "cannot_tell"
    OPEN = "open"  # it is for such firms, who have not said that they have what it is for
    NOT = "not"


ORDER = tuple(Chance)


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of a firm; empty where it is not. `standings` are proven by a register, `verified` the rest too."""

    kind: str = ""
    sector: str = ""
    size: str = ""
    local: bool | None = None
    roles: frozenset[str] | None = None
    standings: frozenset[str] | None = None
    verified: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """One line for one firm. `because` says why not, `needs` what would settle it, `findings` what reviewers decide."""

    line: str
    title: LocalText
    chance: Chance
    result: Result | None = None
    because: tuple[LocalText, ...] = ()
    needs: tuple[LocalText, ...] = ()
    findings: tuple[LocalText, ...] = ()
    given: Mapping[str, Any] = field(default_factory=dict)

    @property
    def upper_bound(self) -> str:
        """Yuan as text, empty where there is none."""
        return self.result.upper_bound if self.result else ""


def offers(
    measures: Measures, rules: Rules, profile: Profile, stated: Mapping[str, Mapping[str, Any]], as_of: date
) -> tuple[Offer, ...]:
    """Every line, the best chances first. `stated` holds by line what the firm has said of its case, {} included."""
    found = [
        offer(measures, line, rules.lines[line.id], profile, stated.get(line.id), as_of)
        for line in measures.lines.values()
    ]
    return tuple(sorted(found, key=lambda one: (ORDER.index(one.chance), -Decimal(one.upper_bound or 0), one.line)))


def offer(
    measures: Measures, line: Line, rule: Rule, profile: Profile, stated: Mapping[str, Any] | None, as_of: date
) -> Offer:
    """One line. A line that asks for a standing counts as stated where a register proves it."""
    fits, why = rule.fits(profile)
    if fits is False:
        return Offer(line.id, line.title, Chance.NOT, because=(why,))
    proven = bool(rule.standing) and rule.standing in (profile.standings or ())
    if stated is None and not proven:
        needs = (line.what, *((why,) if fits is None else ()))
        return Offer(line.id, line.title, Chance.OPEN, needs=tuple(one for one in needs if one.say("zh")))
    given = _given(line, profile, fits, {**({rule.proves: True} if proven else {}), **(stated or {})})
    result = compute(measures, line.id, given, as_of)
    return _judged(line, result, given, why, clear=proven and profile.verified and fits is True)


def _given(line: Line, profile: Profile, fits: bool | None, stated: Mapping[str, Any]) -> dict[str, Any]:
    known: dict[str, Any] = {WHO: fits, WHAT: True, LOCAL: profile.local}
    return {name: value for name, value in {**known, **stated}.items() if name in line.inputs and value is not None}


def _judged(line: Line, result: Result, given: Mapping[str, Any], why: LocalText, *, clear: bool) -> Offer:
    missed = [one for one in result.conditions if one.answer is Answer.MISSED]
    if missed:
        because = tuple(
            LocalText(_join(one.text.zh, one.because.zh), _join(one.text.en, one.because.en)) for one in missed
        )
        return Offer(line.id, line.title, Chance.NOT, result, because=because, given=given)
    unknown = (*_unknown(line, result), *((why,) if WHO not in given and why.zh else ()))
    findings = tuple(
        one.text for one in result.conditions if one.answer is Answer.CANNOT_TELL and _is_finding(line, one.needs)
    )
    if result.state is State.INPUT_MISSING or unknown:
        needs = (*(one.title for one in result.missing), *unknown)
        return Offer(line.id, line.title, Chance.CANNOT_TELL, result, needs=needs, findings=findings, given=given)
    chance = Chance.PROPOSED if clear and not findings else Chance.MAY_ASK
    return Offer(line.id, line.title, chance, result, findings=findings, given=given)


def _unknown(line: Line, result: Result) -> tuple[LocalText, ...]:
    """Facts that the firm itself could state."""
    names = [name for one in result.conditions if one.answer is Answer.CANNOT_TELL for name in one.needs]
    facts = dict.fromkeys(name for name in names if line.inputs[name].kind is not InputKind.FINDING)
    return tuple(line.inputs[name].title for name in facts if name != WHO)


def _is_finding(line: Line, needs: Iterable[str]) -> bool:
    return any(line.inputs[name].kind is InputKind.FINDING for name in needs)


def _join(text: str, because: str) -> str:
    return f"{text}: {because}" if because else text


def read_profile(given: Mapping[str, Any], rules: Rules, codes: Mapping[str, Iterable[str]]) -> Profile:
    """A profile as programs send it; InvalidInput names what is wrong."""
    known = {"kind", "sector", "size", "local", "roles", "standings"}
    if unknown := sorted(set(given) - known):
        raise InvalidInput(
            f'a profile has no "{unknown[0][:40]}"', unknown[0][:40], f"it has {', '.join(sorted(known))}"
        )
    local = given.get("local")
    if local not in (None, True, False):
        raise InvalidInput("this is neither true nor false", "local", "give true, false or leave it out")
    words = {name: _one_of(given.get(name) or "", (*codes[name], ""), name) for name in ("kind", "sector", "size")}
    sets = {name: _set(given.get(name), getattr(rules, name), name) for name in ("roles", "standings")}
    return Profile(**words, local=local, **sets)  # type: ignore[arg-type]


def _set(given: Any, allowed: Mapping[str, LocalText], name: str) -> frozenset[str] | None:
    if given is None:
        return None
    if not isinstance(given, list):
        raise InvalidInput("this is no list", name, f"give some of {', '.join(allowed)}")
    return frozenset(_one_of(one, allowed, name) for one in given)


def _one_of(word: Any, allowed: Iterable[str], name: str) -> str:
    allowed = list(allowed)
    if word not in allowed:
        raise InvalidInput(
            f'"{str(word)[:40]}" is none of them', name, f"give one of {', '.join(filter(None, allowed))}"
        )
    return str(word)
