"""Promise: every command says what it does and what each of its options means, and prints facts for programs too."""

import importlib
from collections.abc import Iterator

import click
import pytest

from kandelia.boot.command import GROUPS, app_command, app_commands, cli, group_files


def commands() -> Iterator[tuple[str, click.Command]]:
    found = dict(cli.commands)
    found |= {name: importlib.import_module(f"{GROUPS}.{name}").group for name in group_files()}
    for name, declared in app_commands().items():
        command = app_command(*declared)
        assert command is not None, name
        found[name] = command
    for name, command in found.items():
        yield from walk(name, command)


def walk(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from walk(f"{path} {name}", inner)
    else:
        yield path, command


COMMANDS = dict(commands())


@pytest.mark.parametrize("path", sorted(COMMANDS))
def test_help_suffices(path: str) -> None:
    command = COMMANDS[path]
    assert command.help and len(command.help) > 12, "no docstring"
    silent = [one.name for one in command.params if isinstance(one, click.Option) and not one.help and not one.hidden]
    assert not silent, f"say what these mean: {silent}"


def test_what_prints_facts_prints_them_for_programs() -> None:
    lists = [path for path in COMMANDS if path.split()[-1] in ("list", "show", "tree", "status", "browse", "duties")]
    assert len(lists) > 8
    bare = [path for path in lists if not any("--json" in one.opts for one in COMMANDS[path].params)]
    assert not bare, f"give these --json: {bare}"
