"""The command line of the demo plant."""

import asyncio
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from kandelia_demo_plant import control, keeping
from kandelia_demo_plant.faults import FAULT_KINDS
from kandelia_demo_plant.history import start_before, write
from kandelia_demo_plant.plant_file import ENDPOINT, plant_file
from kandelia_demo_plant.serve import serve as serve_plant
from kandelia_demo_plant.shifts import DAY_S
from kandelia_demo_plant.simulation import begin

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
    data.mkdir(parents=True, exist_ok=True)
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


@main.command("plant-file")
@click.option("--endpoint", default=ENDPOINT, show_default=True, help="Where the server will be.")
def print_plant_file(endpoint: str) -> None:
    """Print the plant file (YAML)."""
    click.echo(plant_file(endpoint), nl=False)


class Instant(click.ParamType):  # type: ignore[type-arg]
    """A time with its zone, or "now", as whole seconds."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Seconds since 1970."""
        if value == "now":
            return int(time.time())
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value} is not a time; write it like 2026-03-01T08:00:00+08:00, or now", param, ctx)
        return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())


@main.command()
@click.option("--days", type=click.FloatRange(0, 3_660, min_open=True), default=1.0, show_default=True)
@click.option("--to", "end", type=Instant(), default=None, help="Its end (not included); UTC where no zone is given.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--data", type=DATA, help="A plant's data: history ends where that plant began, or it begins there.")
def history(days: float, end: int | None, out: Path, seed: int, data: Path | None) -> None:
    """Write history to a Parquet file."""
    seconds = max(int(days * DAY_S), 1)
    began = keeping.load(data, keeping.BEGAN_FILE) if data else None
    if began and (end is None or end == began.state.time):
        click.echo("joining the history to the plant's beginning", err=True)
        start = start_before(began.state, seconds)
    else:
        start = begin(seed, (end or int(time.time())) - seconds)
    clock = time.monotonic()
    after, rows = write(out, start, seconds, _progress())
    if data and not began:
        data.mkdir(parents=True, exist_ok=True)
        keeping.save(data, keeping.Kept(after))
        keeping.save(data, keeping.Kept(after), keeping.BEGAN_FILE)
    took = time.monotonic() - clock
    click.echo(f"{rows} samples in {took:.1f} s, {out.stat().st_size / rows:.2f} bytes each: {out}")


def _progress() -> Callable[[int, int], None]:
    told = [-1]

    def tell(done: int, whole: int) -> None:
        day, days = done // DAY_S, -(-whole // DAY_S)
        if day != told[0] or done == whole:
            told[0] = day
            click.echo(f"{days if done == whole else day} of {days} days", err=True)

    return tell
