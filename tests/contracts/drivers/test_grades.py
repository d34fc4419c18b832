"""Promise: every driver carries a grade, claims only what has a proof that exists, and inherits the contract suite."""

import ast
import tomllib
from pathlib import Path

import pytest
import yaml

from kandelia.base.errors import InvalidInput
from kandelia.kernel.connections.plane.discovery import Drivers
from kandelia.sdk.grades import RULES, Grade, driver_names, grade_of, grade_of_driver, proofs_of, quality_file

ROOT = Path(__file__).parents[3]
SUITES = Path(__file__).parent
DRIVERS = driver_names()


def quality(name: str) -> dict:
    file = quality_file(name)
    assert file is not None and file.exists(), f'driver "{name}" has no quality.toml'
    return tomllib.loads(file.read_text())


def defined(file: Path) -> set[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, kinds)}


@pytest.mark.parametrize("name", DRIVERS)
def test_every_claim_has_its_proof(name: str) -> None:
    room = quality_file(name).parent  # type: ignore[union-attr]
    for rule, proof in proofs_of(quality(name)).items():
        place, _, test = proof.partition("::")
        file = ROOT / place[1:] if place.startswith("/") else room / place
        assert file.exists(), f"{rule}: {proof}"
        assert not test or test in defined(file), f"{rule}: {proof}"


@pytest.mark.parametrize("name", DRIVERS)
def test_the_grade_is_what_the_rules_give(name: str) -> None:
    claimed = quality(name)
    assert claimed["grade"] == grade_of(claimed) == grade_of_driver(name) != Grade.NONE
    readme = (quality_file(name).parent / "README.md").read_text()  # type: ignore[union-attr]
    assert f"Grade: **{claimed['grade']}**" in readme, "README says the grade"


@pytest.mark.parametrize("name", [n for n in DRIVERS if "contract-kept" in proofs_of(quality(n))])
def test_it_inherits_the_contract(name: str) -> None:
    suite = ROOT / proofs_of(quality(name))["contract-kept"].partition("::")[0][1:]
    text = suite.read_text()
    assert "(DriverContract)" in text and f'name = "{name}"' in text


@pytest.mark.parametrize("name", DRIVERS)
def test_the_sample_is_accepted(name: str, tmp_path: Path) -> None:
    sample = yaml.safe_load((quality_file(name).parent / "sample.yaml").read_text())  # type: ignore[union-attr]
    for connection in sample["connections"]:
        assert connection["driver"] == name
        Drivers(tmp_path).get(name).configure(connection["settings"])


def test_a_grade_needs_all_rules_of_those_below() -> None:
    full = {grade: dict.fromkeys(rules, "README.md") for grade, rules in RULES.items()}
    assert grade_of(full) is Grade.GOLD
    assert grade_of({**full, "silver": {}}) is Grade.BRONZE
    assert grade_of({**full, "bronze": {}}) is Grade.NONE
    silver = {rule: proof for rule, proof in full["silver"].items() if rule != "browsing"}
    assert grade_of({**full, "silver": silver}) is Grade.BRONZE
    assert grade_of({**full, "silver": silver, "exempt": {"browsing": "nothing describes itself"}}) is Grade.GOLD
    assert grade_of({**full, "bronze": {**full["bronze"], "shines": "README.md"}}) is Grade.GOLD, "its own rules"
    with pytest.raises(InvalidInput):
        grade_of({"bronze": "all"})
    assert grade_of_driver("nobody") is Grade.NONE
