"""The command line of the demo plant."""

import importlib
from collections.abc import Mapping

import click

COMMANDS: Mapping[str, tuple[str, str]] = {
    "serve": ("serve", "Run the plant behind an OPC UA server."),
    "faults": ("faults", "Switch faults of a running plant on and off."),
    "history": ("history", "Write history to a Parquet file."),
    "plant-file": ("plant_file", "Print the plant file (YAML)."),
    "rules-file": ("rules_file", "Print derived signals and limits (YAML)."),
}


class _Commands(click.Group):
    """Imports a command's file when it is asked for, so that each starts with what it needs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"kandelia_demo_plant.commands.{COMMANDS[cmd_name][0]}").command
        assert isinstance(command, click.Command)  # noqa: S101
        command.name = cmd_name
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, what) for name, (_, what) in COMMANDS.items()])


@click.command(cls=_Commands)
def main() -> None:
    """Sample Electronics (invented) 示例电子厂（虚构）: a factory to try a platform on."""
