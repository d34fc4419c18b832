"""`serve`."""

import asyncio
import sys
from pathlib import Path

import click

from kandelia_demo_plant import keeping
from kandelia_demo_plant.commands.options import DATA
from kandelia_demo_plant.modbus_map import PORT
from kandelia_demo_plant.serve import serve as serve_plant


@click.command()
@click.option("--port", type=click.IntRange(0, 65_535), default=4840, show_default=True, help="0 picks a free one.")
@click.option("--modbus-port", type=click.IntRange(0, 65_535), help="1502; any free one where --port is 0.")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--data", type=DATA, required=True, help="Where its state is kept.")
@click.option("--seed", type=int, default=1, show_default=True, help="Only a new plant takes it.")
def command(port: int, modbus_port: int | None, host: str, data: Path, seed: int) -> None:
    """Run the plant behind an OPC UA server, its meters also behind a Modbus TCP gateway."""
    if modbus_port is None:
        modbus_port = PORT if port else 0
    try:
        with keeping.owned(data):
            asyncio.run(serve_plant(data, host, port, modbus_port, seed))
    except keeping.InUse as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except OSError as error:
        if error.filename:
            click.echo(f"{error.filename}: {error.strerror}; choose another --data", err=True)
        else:
            where = f"{host}, ports {port} and {modbus_port}: {error.strerror or error}"
            click.echo(f"cannot listen on {where}; choose another --port or --modbus-port", err=True)
        sys.exit(1)
