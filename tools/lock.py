"""Renews requirements/*.lock from pyproject.toml and requirements/*.in: pinned, hashed, without any address."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
EXTRAS = ["--extra", "history", "--extra", "opcua", "--extra", "sparkplug"]
PLATFORM = ["pyproject.toml", *EXTRAS, "examples/demo-plant/pyproject.toml", "requirements/build.in"]
LOCKS = {
    "run.lock": PLATFORM,
    "test.lock": [*PLATFORM, "requirements/test.in"],
    "node.lock": ["requirements/node.in"],
}


def main() -> int:
    """Compile each lock; the test lock holds the run lock, so that both agree."""
    for name, sources in LOCKS.items():
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--generate-hashes", "--universal"]
        command += ["--python-version", "3.11", "--no-header", "--no-annotate", "--no-emit-index-url"]
        command += ["--no-emit-find-links", "--output-file", f"requirements/{name}", *sources]
        subprocess.run(command, cwd=ROOT, check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
