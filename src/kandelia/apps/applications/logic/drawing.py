"""Experts drawn by lot so that anybody can repeat it: an order that follows from a recorded seed alone. Pure.

The order is that of SHA-256 over "seed:reviewer"; the first in order who have no conflict are drawn, and who replaces
one of them is the next in the same order. Nothing is drawn twice, so nobody can draw again until the outcome suits.
"""

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from kandelia.base.text import LocalText

METHOD = "sha256-order/1"
SAME, RELATED, APPLIED, AWAY = "same_organisation", "declared_relation", "previous_applicant", "not_active"
REASONS = {
    SAME: LocalText("与申报单位为同一单位", "works for the applicant"),
    RELATED: LocalText("已申明与申报单位存在利害关系", "declared a relation to the applicant"),
    APPLIED: LocalText("本人或所在单位曾申报同一条目", "applied under the same line, or works for one who did"),
    AWAY: LocalText("不在库", "is not active"),
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A reviewer as the lot sees one. `id` is its record; `relations` are credit codes declared by the reviewer."""

    id: int
    person: int
    name: str
    employer: str = ""
    relations: frozenset[str] = frozenset()
    active: bool = True


@dataclass(frozen=True, slots=True)
class Party:
    """Who applies (credit code), and who applied under the same line before (credit codes, people)."""

    code: str
    earlier_codes: frozenset[str] = frozenset()
    earlier_people: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a lot gave: those drawn, and everybody's place and conflicts in the order of the lot."""

    seed: str
    drawn: tuple[int, ...]
    order: tuple[int, ...]
    conflicts: dict[int, tuple[str, ...]] = field(default_factory=dict)


def conflicts(one: Candidate, party: Party) -> tuple[str, ...]:
    """Why a reviewer must not score an application, empty where nothing stands against it."""
    found = {
        SAME: bool(one.employer) and one.employer == party.code,
        RELATED: party.code in one.relations,
        APPLIED: one.person in party.earlier_people or (bool(one.employer) and one.employer in party.earlier_codes),
        AWAY: not one.active,
    }
    return tuple(name for name, stands in found.items() if stands)


def in_order(seed: str, ids: Iterable[int]) -> tuple[int, ...]:
    """Ids in the order that the seed gives them."""
    return tuple(sorted(ids, key=lambda id: (hashlib.sha256(f"{seed}:{id}".encode()).hexdigest(), id)))


def draw(
    seed: str, candidates: Collection[Candidate], party: Party, count: int, *, without: Collection[int] = ()
) -> Drawn:
    """The first `count` in order without a conflict; `without` names those drawn before or gone."""
    against = {one.id: conflicts(one, party) for one in candidates}
    order = in_order(seed, against)
    free = [id for id in order if not against[id] and id not in without]
    return Drawn(seed, tuple(free[:count]), order, {id: why for id, why in against.items() if why})
