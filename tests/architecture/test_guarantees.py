"""Promise: every line of docs/understand/guarantees.md names the tests that hold it, and they exist."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "understand" / "guarantees.md"
NAMED = re.compile(r"`([\w/.-]+\.py)::(\w+)`")


def lines() -> list[str]:
    """Every row of a table, without heads and rules."""
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("|")]
    return [row for row in rows if not set(row) <= set("|- ") and not row.rstrip(" |").endswith("held by")]


def names_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_every_line_names_a_test() -> None:
    assert len(lines()) > 30
    assert not [line for line in lines() if not NAMED.search(line)]


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED.findall(PAGE.read_text()))))
def test_the_named_test_exists(path: str, name: str) -> None:
    assert name.startswith("test_")
    assert (ROOT / path).is_file(), f"{path} does not exist"
    assert name in names_in(ROOT / path), f"{path} has no {name}"
