"""The command line of the demo plant."""

import asyncio
import sys
from pathlib import Path

import click

from kandelia_demo_plant import control
from kandelia_demo_plant.faults import FAULT_KINDS
from kandelia_demo_plant.serve import serve as serve_plant

DATA = click.Path(file_okay=False, path_type=Path)


@click.group()
def main() -> None:
    """Sample Electronics (invented) 示例电子厂（虚构）: a factory to try a platform on."""


@main.command()
@click.option("--port", type=click.IntRange(0, 65_535), default=4840, show_default=True, help="0 picks a free one.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--data", type=DATA, required=True, help="Where its state is kept.")
@click.option("--seed", type=int, default=1, show_default=True, help="Only a new plant takes it.")
def serve(port: int, host: str, data: Path, seed: int) -> None:
    """Run the plant behind an OPC UA server."""
    try:
        asyncio.run(serve_plant(data, host, port, seed))
    except OSError as error:
        click.echo(f"cannot listen on {host}:{port}: {error.strerror or error}; choose another --port", err=True)
        sys.exit(1)


@main.group()
def faults() -> None:
    """Switch faults of a running plant on and off."""


@faults.command("list")
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


@faults.command("on")
@click.argument("name")
@click.option("--machine", default="", help="Machine key, as compressor-2.")
@click.option("--signal", default="", help="Signal key, for sensor faults.")
@click.option("--data", type=DATA, required=True)
def switch_on(name: str, machine: str, signal: str, data: Path) -> None:
    """Switch a fault on."""
    _command(data, {"command": "on", "name": name, "machine": machine, "signal": signal})


@faults.command("off")
@click.argument("name")
@click.option("--machine", default="", help="Only there.")
@click.option("--data", type=DATA, required=True)
def switch_off(name: str, machine: str, data: Path) -> None:
    """Switch a fault off."""
    _command(data, {"command": "off", "name": name, "machine": machine})


def _command(data: Path, request: dict[str, str]) -> None:
    try:
        on = control.ask(data, request)
    except (control.NotRunning, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo("on: " + (", ".join(f"{fault['name']} {_place(fault)}" for fault in on) or "nothing"))
