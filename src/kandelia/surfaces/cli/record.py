"""Record types: a new one from the scaffold."""

import ast
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from string import Template

import click

from kandelia.base.errors import Conflict, InvalidInput, NotFound

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
NAME_LENGTH_MAX = 40
TEMPLATE = Path(__file__).parent / "record_template.txt"
SETTINGS = "kandelia.boot.django_settings"
MIGRATION_S_MAX = 120


@click.group()
def group() -> None:
    """Record types: a new one from the scaffold."""


@group.command()
@click.argument("name")
@click.option(
    "--room",
    required=True,
    metavar="FOLDER",
    help="The app's folder, such as src/kandelia/apps/registers: it has apps.py and records/.",
)
@click.option("--zh", metavar="LABEL", help="What it is called in Chinese.")
@click.option("--en", metavar="LABEL", help="What it is called in English (else its name).")
@click.option("--owner", metavar="ROLE", default="administrator", show_default=True, help="Who makes and keeps it.")
def new(name: str, room: str, zh: str | None, en: str | None, owner: str) -> None:
    """Write a record type NAME as one file of a room, with its migration.

    It has a life, a list, a form, an API and all inherited tests from then on; change the file to what it shall be.
    """
    if not NAME.fullmatch(name) or len(name) > NAME_LENGTH_MAX:
        raise InvalidInput(
            f'"{name}" is no name', "NAME", "small letters and digits, words joined by -", "invalid-name"
        )
    folder = Path(room).resolve()
    package, label = _room_of(folder)
    words = name.replace("-", " ")
    english = en or words.capitalize()
    file = folder / "records" / f"{name.replace('-', '_')}.py"
    if file.exists():
        raise Conflict(f"{file.name} is there already", str(file), "choose another name", "exists")
    file.parent.mkdir(exist_ok=True)
    (file.parent / "__init__.py").touch()
    said = {
        "name": name,
        "model": "".join(word.capitalize() for word in words.split()),
        "constant": name.replace("-", "_").upper(),
        "table": name.replace("-", "_"),
        "zh": zh or english,
        "en": english,
        "owner": owner,
    }
    file.write_text(Template(TEMPLATE.read_text(encoding="utf-8")).substitute(said), encoding="utf-8")
    try:
        _migrate(folder, label, said["table"])
    except Conflict:
        file.unlink()
        raise
    click.echo(f"{file}\n{package}: migration written. Next: change its fields, then run the tests in tests/records.")


def _room_of(folder: Path) -> tuple[str, str]:
    """(package, label) of a room, read from its apps.py without importing it."""
    apps = folder / "apps.py"
    if not apps.exists():
        raise NotFound("this is no room with records", str(folder), "give a folder that has apps.py", "no-room")
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(apps.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.targets[0], ast.Name)
        ):
            found[node.targets[0].id] = str(node.value.value)
    if "name" not in found:
        raise NotFound("apps.py names no package", str(apps), "declare a RecordRoom with a name", "no-room")
    return found["name"], found.get("label", found["name"].rpartition(".")[2])


def _migrate(folder: Path, label: str, table: str) -> None:
    (folder / "migrations").mkdir(exist_ok=True)
    (folder / "migrations" / "__init__.py").touch()
    with tempfile.TemporaryDirectory(prefix="kandelia-record-") as data:
        environment = {"DJANGO_SETTINGS_MODULE": SETTINGS, **os.environ, "KANDELIA_DATA": data}
        command = [sys.executable, "-W", "ignore", "-m", "django", "makemigrations", label, "-n", table]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=MIGRATION_S_MAX, check=False
        )
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise Conflict(
            f"no migration: {lines[-1] if lines else done.returncode}", label, "mend the room first", "migration"
        )
