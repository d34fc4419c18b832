"""How good a driver is: rules of three grades, met only with the test or document that shows it.

A driver's room holds a `quality.toml`: `grade`, then a table a grade of rule → proof (`tests/test_x.py::test_y` beside
it, or from the root of the project with a leading slash; a document counts for the rules of documents), and a table
`exempt` of rule → why the protocol has no such thing. A driver may claim rules of its own beside these: they need
their proof too, and count for no grade. The pattern is Home Assistant's Integration Quality Scale.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from kandelia.base.errors import InvalidInput

EXEMPT = "exempt"


class Grade(StrEnum):
    """Each includes the ones before it; NONE for a driver that has not all of bronze."""

    NONE = ""
    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"


RULES: Mapping[Grade, Mapping[str, str]] = {
    Grade.BRONZE: {
        "settings-checked-by-key": "a wrong setting is refused with its key and the mend",
        "sample-configuration-valid": "sample.yaml is accepted as it stands",
        "real-peer-in-tests": "values of every type come from a real peer in its own process",
        "bad-items-named-others-go-on": "a signal that cannot be had is named with the reason, the others go on",
        "quality-and-source-time-kept": "the source's quality and time reach the sample",
        "documented": "README says settings, addresses, behaviour and what is not done",
    },
    Grade.SILVER: {
        "contract-kept": "the driver inherits the contract suite of drivers",
        "leaves-in-time": "leaving takes less than 3 s and leaves no task or socket",
        "login-refused-in-words": "a refused login is told as such and not tried again blindly",
        "secrets-by-name": "secrets stand in the settings by name alone",
        "encryption-and-trust": "the link is encrypted and the other end is believed only when a person said so",
        "peer-killed-and-restarted": "a killed peer is seen, the gap is marked, it comes back by itself",
        "peer-frozen": "a peer that stands still is seen within a stated time",
        "link-silent-without-reset": "a link that swallows packets is seen within a stated time",
        "change-without-loss": "changed signals do not disturb those that stay",
        "browsing": "what can be found is found, with its kind",
        "damaged-input-harmless": "damaged and hostile answers cost bounded memory and time",
        "write-read-back": "a write is read back, or refused in words and without effect",
    },
    Grade.GOLD: {
        "other-makers-peers": "peers by other makers take part in the tests",
        "cost-against-bare-library": "a benchmark compares it with the bare library in the same run",
        "soaked": "half an hour with peers that come and go, memory flat",
    },
}


def grade_of(quality: Mapping[str, Any]) -> Grade:
    """The best grade whose rules, and those below, are all met or exempt with a reason. InvalidInput for no table."""
    exempt = _table(quality, EXEMPT)
    reached = Grade.NONE
    complete = True
    for grade, rules in RULES.items():
        met = _table(quality, grade)
        complete = complete and all(met.get(rule) or exempt.get(rule) for rule in rules)
        reached = grade if complete else reached
    return reached


def proofs_of(quality: Mapping[str, Any]) -> dict[str, str]:
    """Rule → proof of all rules that are claimed."""
    return {rule: str(proof) for grade in RULES for rule, proof in _table(quality, grade).items()}


def _table(quality: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = quality.get(name, {})
    if not isinstance(table, Mapping):
        raise InvalidInput(f'"{name}" is no table', where="quality.toml", mend=f"write [{name}]", code="quality")
    return table
