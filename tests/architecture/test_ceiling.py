"""Promise: the kernel of records stays small; a feature enters it only when three types use it."""

import ast
import io
import tokenize
from pathlib import Path

ROOMS = Path(__file__).parents[2] / "src" / "kandelia" / "kernel"
LINES_MAX = 2_500
SILENT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}


def docstring_lines(tree: ast.Module) -> set[int]:
    found: set[int] = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        first = body[0] if isinstance(body, list) and body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
            found.update(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return found


def code_lines(text: str) -> int:
    """Lines that hold code: not blank ones, comments or docstrings."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in SILENT:
            lines.update(range(token.start[0], token.end[0] + 1))
    return len(lines - docstring_lines(ast.parse(text)))


def test_records_and_work_stay_under_their_ceiling() -> None:
    files = [path for room in ("records", "work") for path in (ROOMS / room).rglob("*.py")]
    counted = {path: code_lines(path.read_text()) for path in files if not {"migrations", "tests"} & set(path.parts)}
    assert 1_000 < sum(counted.values()) <= LINES_MAX, sorted(((n, p.name) for p, n in counted.items()), reverse=True)
