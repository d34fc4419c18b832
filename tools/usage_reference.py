"""Writes docs/reference/settings.md and commands.md from the settings' source and the commands' own words.

Run it from the environment's Python after either changed: `.venv/bin/python -m tools.usage_reference`.
"""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import click

ROOT = Path(__file__).parents[1]
SETTINGS_PAGE = ROOT / "docs" / "reference" / "settings.md"
COMMANDS_PAGE = ROOT / "docs" / "reference" / "commands.md"
SOURCE = ROOT / "src" / "kandelia" / "boot" / "settings.py"
SETTINGS_HEAD = """# Settings

Written by `python -m tools.usage_reference` from the settings themselves; a test says when it is old. They stand in
`settings.toml` in the data directory (or the file of `--settings`), or in the environment: `KANDELIA_WEB__PORT=8443` is
`port` under `[web]`, `KANDELIA_LANGUAGE=en` is `language`. The environment wins. Mistakes name file, line, key.
"""
COMMANDS_HEAD = """# Commands

Written by `python -m tools.usage_reference` from the commands themselves; a test says when it is old. `kandelia COMMAND
--help` says the same. Every command over the records takes `--data DIRECTORY` and `--org ID`.
"""
EVERYWHERE = ("data", "viewer", "help")


def settings_page() -> str:
    """The whole page."""
    lines = SOURCE.read_text(encoding="utf-8").splitlines()
    classes = {node.name: node for node in ast.parse("\n".join(lines)).body if isinstance(node, ast.ClassDef)}
    parts = [SETTINGS_HEAD, *_section("", classes["Settings"], lines, classes)]
    for field in _fields(classes["Settings"]):
        if (kind := ast.unparse(field.annotation)) in classes:
            parts += _section(str(field.target.id), classes[kind], lines, classes)  # type: ignore[union-attr]
    return "\n".join(parts)


def commands_page() -> str:
    """The whole page."""
    boot = importlib.import_module("kandelia.boot.command")
    found = dict(boot.cli.commands)
    found |= {name: importlib.import_module(f"{boot.GROUPS}.{name}").group for name in boot.group_files()}
    found |= {name: boot.app_command(*declared) for name, declared in boot.app_commands().items()}
    return "\n".join([COMMANDS_HEAD, *(line for name in sorted(found) for line in _command(name, found[name]))])


def _section(name: str, node: ast.ClassDef, lines: list[str], classes: dict[str, ast.ClassDef]) -> list[str]:
    words = " ".join((ast.get_docstring(node) or "").split())
    rows = [_row(field, lines) for field in _fields(node) if ast.unparse(field.annotation) not in classes]
    title = [f"## [{name}]", "", words, ""] if name else []
    return [*title, "| setting | kind | usual | |", "|---|---|---|---|", *rows, ""]


def _fields(node: ast.ClassDef) -> Iterator[ast.AnnAssign]:
    return (one for one in node.body if isinstance(one, ast.AnnAssign))


def _row(field: ast.AnnAssign, lines: list[str]) -> str:
    _, _, comment = lines[field.end_lineno - 1].partition("  # ")  # type: ignore[operator]
    usual = ast.unparse(field.value) if field.value is not None else ""
    usual = {"field(default_factory=dict)": "{}", "()": "none", "''": "empty"}.get(usual, usual)
    cells = (f"`{ast.unparse(field.target)}`", ast.unparse(field.annotation), f"`{usual}`" if usual else "", comment)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _command(path: str, command: click.Command) -> Iterator[str]:
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from _command(f"{path} {name}", command.commands[name])
        return
    arguments = [one.make_metavar(click.Context(command)) for one in command.params if isinstance(one, click.Argument)]
    yield from (f"## kandelia {' '.join([path, *arguments])}", "", " ".join((command.help or "").split()), "")
    options = [one for one in command.params if isinstance(one, click.Option) and one.name not in EVERYWHERE]
    yield from (f"- `{' '.join(one.opts)}`: {one.help or ''}" for one in options)
    if options:
        yield ""


def main() -> None:
    """Write both."""
    importlib.import_module("kandelia.boot.django_start").start()
    SETTINGS_PAGE.write_text(settings_page(), encoding="utf-8")
    COMMANDS_PAGE.write_text(commands_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
