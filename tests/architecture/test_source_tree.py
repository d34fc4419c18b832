"""Promise: the house rules that a tool can check hold over the whole source tree."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "kandelia"
LEFT_OUT = ("/migrations/", "/tests/", "/generated/", "/node_modules/", "/vendor/")
FUNCTION_LINES_MAX = 60
FUNCTION_LINES_P95 = 35
FUNCTION_LINES_MEDIAN = 12
FILE_LINES_MAX = 500
FILE_LINES_P95 = 350
BANNED_NAMES = {"utils", "util", "common", "core", "helpers", "helper", "manager", "misc"}
FORBIDDEN_CALLS = {
    "os.fork": "spawn a process: a fork after the store is imported hangs",
    "os.system": "use subprocess with a list",
    "eval": "write a parser or a table",
    "exec": "write a function",
    "pickle.loads": "use msgspec or Arrow: pickle runs what it reads",
    "yaml.load": "use yaml.safe_load or yaml.compose",
    "datetime.utcnow": "use base.clock",
    "datetime.datetime.utcnow": "use base.clock",
    "time.sleep": "wait on an event with a time-out, so that stopping is quick",
}
TELLTALES = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|raise NotImplementedError")


def source_files() -> list[Path]:
    files = [p for p in SOURCE.rglob("*.py") if not any(part in f"/{p.as_posix()}" for part in LEFT_OUT)]
    assert files, "no source files found: the test looks in the wrong place"
    return sorted(files)


FILES = source_files()
TREES = {path: ast.parse(path.read_text()) for path in FILES}


def functions() -> Iterator[tuple[Path, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield path, node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def quantile(values: list[int], share: float) -> int:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def test_functions_are_short() -> None:
    lengths = [length(node) for _, node in functions()]
    long = [f"{place(p, n)} {n.name}: {length(n)} lines" for p, n in functions() if length(n) > FUNCTION_LINES_MAX]
    assert not long, f"split these (at most {FUNCTION_LINES_MAX} lines): {long}"
    assert quantile(lengths, 0.95) <= FUNCTION_LINES_P95
    assert quantile(lengths, 0.5) <= FUNCTION_LINES_MEDIAN


def test_files_are_short() -> None:
    lengths = {path: path.read_text().count("\n") for path in FILES}
    long = {str(p.relative_to(ROOT)): n for p, n in lengths.items() if n > FILE_LINES_MAX}
    assert not long, f"split these (at most {FILE_LINES_MAX} lines): {long}"
    assert quantile(list(lengths.values()), 0.95) <= FILE_LINES_P95


def test_everything_is_typed() -> None:
    bare = []
    for path, node in functions():
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        arguments += [a for a in (node.args.vararg, node.args.kwarg) if a]
        missing = [a.arg for a in arguments if a.annotation is None and a.arg not in ("self", "cls")]
        if missing or (node.returns is None and node.name != "__init__"):
            bare.append(f"{place(path, node)} {node.name} {missing}")
    assert not bare, f"annotate: {bare}"


def test_public_things_say_why() -> None:
    silent = [
        f"{place(path, node)} {node.name}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and node.name not in ("Meta",)
        and ast.get_docstring(node) is None
        and not _nested(tree, node)
    ]
    assert not silent, f"add a docstring that says why or what for: {silent}"


def _nested(tree: ast.Module, node: ast.AST) -> bool:
    """True for functions inside functions: they are not public."""
    for outer in ast.walk(tree):
        if isinstance(outer, ast.FunctionDef | ast.AsyncFunctionDef) and outer is not node and node in ast.walk(outer):
            return True
    return False


def test_names_say_what_a_thing_is() -> None:
    bad = [
        str(path.relative_to(ROOT))
        for path in FILES
        if BANNED_NAMES & ({path.stem} | set(path.relative_to(SOURCE).parent.parts))
    ]
    assert not bad, f"name these after their subject: {bad}"


def test_forbidden_calls() -> None:
    found = []
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (called := ast.unparse(node.func)) in FORBIDDEN_CALLS:
                found.append(f"{place(path, node)} {called}: {FORBIDDEN_CALLS[called]}")
    assert not found, found


def test_no_own_imports_hidden_in_functions() -> None:
    hidden = [
        place(path, inner)
        for path, node in functions()
        for inner in ast.walk(node)
        if (isinstance(inner, ast.ImportFrom) and (inner.module or "").startswith("kandelia"))
        or (isinstance(inner, ast.Import) and any(a.name.startswith("kandelia") for a in inner.names))
    ]
    assert not hidden, f"import at the top of the file: {hidden}"


def test_no_unfinished_work() -> None:
    suffixes = {".py", ".html", ".js", ".css", ".md", ".toml", ".yaml"}
    roots = [SOURCE, ROOT / "docs", ROOT / "examples", ROOT / "benchmarks"]
    files = [p for root in roots for p in root.rglob("*") if p.suffix in suffixes]
    files = [p for p in files if not any(part in f"/{p.as_posix()}" for part in ("/vendor/", "/node_modules/"))]
    found = [f"{p.relative_to(ROOT)}: {m.group()}" for p in files if (m := TELLTALES.search(p.read_text()))]
    assert not found, found


def test_locks_carry_no_addresses() -> None:
    locks = [
        *(ROOT / "requirements").glob("*.lock"),
        ROOT / "package-lock.json",
        ROOT / "tests/peers/node/package-lock.json",
    ]
    found = [p.name for p in locks if p.exists() and re.search(r"https?://", p.read_text())]
    assert not found, f"regenerate without addresses: {found}"


def map_rooms() -> set[str]:
    """The rooms that ARCHITECTURE.md lists, as `floor/room` in backquotes at the start of a table row."""
    text = (ROOT / "ARCHITECTURE.md").read_text()
    return set(re.findall(r"^\| `([a-z]+(?:/[a-z]+)?)` \|", text, re.MULTILINE))


def built_rooms() -> set[str]:
    rooms = {"base", "ports", "sdk", "boot"}
    for floor in ("engines", "kernel", "surfaces", "drivers", "apps"):
        rooms |= {f"{floor}/{p.name}" for p in (SOURCE / floor).iterdir() if p.is_dir() and p.name.isalpha()}
    return rooms


def test_the_map_is_true() -> None:
    assert map_rooms() == built_rooms()


@pytest.mark.parametrize("room", sorted(r for r in built_rooms() if r.startswith(("apps/", "drivers/"))))
def test_apps_and_drivers_have_a_readme(room: str) -> None:
    assert (SOURCE / room / "README.md").exists()


def test_every_dependency_is_accounted_for() -> None:
    listed = (ROOT / "docs" / "dependencies.md").read_text().lower()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    needed = [*project["dependencies"], *(n for extra in project["optional-dependencies"].values() for n in extra)]
    names = [re.match(r"[A-Za-z0-9_.-]+", line).group() for line in needed]  # type: ignore[union-attr]
    missing = [name for name in names if f"`{name.lower()}`" not in listed]
    assert not missing, f"add a line to docs/dependencies.md for {missing}"
