"""`faults list|on|off`."""

from pathlib import Path

import click

from kandelia_demo_plant import control
from kandelia_demo_plant.commands.options import DATA
from kandelia_demo_plant.faults import FAULT_KINDS


@click.group()
def command() -> None:
    """Switch faults of a running plant on and off."""


@command.command("list")
@click.option("--data", type=DATA, required=True)
def list_faults(data: Path) -> None:
    """Every fault, and where it is on."""
    try:
        on = control.ask(data, {"command": "list"})
    except control.NotRunning as error:
        click.echo(f"{error}", err=True)
        on = []
    for kind in FAULT_KINDS.values():
        places = ", ".join(_place(fault) for fault in on if fault["name"] == kind.name)
        click.echo(f"{kind.name:16} {'on: ' + places if places else 'off':24} {kind.title.en} {kind.title.zh}")


def _place(fault: dict[str, str]) -> str:
    return ".".join(part for part in (fault["machine"], fault["signal"]) if part) or "plant"


@command.command("on")
@click.argument("name")
@click.option("--machine", default="", help="Machine key, as compressor-2.")
@click.option("--signal", default="", help="Signal key, for sensor faults.")
@click.option("--data", type=DATA, required=True)
def switch_on(name: str, machine: str, signal: str, data: Path) -> None:
    """Switch a fault on."""
    _send(data, {"command": "on", "name": name, "machine": machine, "signal": signal})


@command.command("off")
@click.argument("name")
@click.option("--machine", default="", help="Only there.")
@click.option("--data", type=DATA, required=True)
def switch_off(name: str, machine: str, data: Path) -> None:
    """Switch a fault off."""
    _send(data, {"command": "off", "name": name, "machine": machine})


def _send(data: Path, request: dict[str, str]) -> None:
    try:
        on = control.ask(data, request)
    except (control.NotRunning, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo("on: " + (", ".join(f"{fault['name']} {_place(fault)}" for fault in on) or "nothing"))
