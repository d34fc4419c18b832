"""Promise: imports go only the allowed ways, and the data plane loads without Django."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "kandelia"
QUIET = ("django", "ninja")
PURE = ("django", "ninja", "nats", "asyncua", "chdb", "uvicorn", "websockets", "psutil")


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def data_plane_modules() -> list[str]:
    planes = [p for p in SOURCE.rglob("plane/*.py") if "tests" not in p.parts]
    engines = [p for p in (SOURCE / "engines").rglob("*.py") if "tests" not in p.parts]
    live = [
        p for place in ("live", "mqtt") for p in (SOURCE / "surfaces" / place).rglob("*.py") if "tests" not in p.parts
    ]
    drivers = [p for p in (SOURCE / "drivers").rglob("*.py") if "tests" not in p.parts]
    roles = [SOURCE / "boot" / "roles" / f"{role}.py" for role in ("edge", "history", "live", "mqtt", "rules")]
    sdk = [SOURCE / "sdk" / f"{name}.py" for name in ("drivers", "samples")]
    files = [*planes, *engines, *live, *drivers, *(p for p in (*roles, *sdk) if p.exists())]
    return sorted(module_name(path) for path in files)


def logic_modules() -> list[str]:
    return sorted(module_name(p) for p in SOURCE.rglob("logic/*.py") if "tests" not in p.parts)


def loaded_after_import(modules: list[str], unwanted: tuple[str, ...]) -> str:
    program = (
        "import importlib, sys\n"
        f"for name in {modules!r}:\n"
        "    importlib.import_module(name)\n"
        f"    found = [m for m in {unwanted!r} if m in sys.modules]\n"
        "    if found: print(name, 'loads', found); break\n"
    )
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_import_contracts() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr


def test_data_plane_loads_without_django() -> None:
    assert loaded_after_import(data_plane_modules(), QUIET) == ""


def test_logic_knows_no_framework() -> None:
    modules = logic_modules()
    if not modules:
        pytest.fail("no logic modules found: the test looks in the wrong place")
    assert loaded_after_import(modules, PURE) == ""


@pytest.mark.parametrize("name", ["tiny-app", "tiny-driver"])
def test_what_third_parties_copy_knows_sdk_and_base_alone(name: str) -> None:
    known, files = ("kandelia.sdk", "kandelia.base"), list((ROOT / "examples" / name / "src").rglob("*.py"))
    assert files, "no files found: the test looks in the wrong place"
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            ours = [one for one in names if one == "kandelia" or one.startswith("kandelia.")]
            assert all(one.startswith(known) for one in ours), (path, ours)
