"""`plant-file`."""

import json
from pathlib import Path

import click

from kandelia_demo_plant.modbus_map import PORT
from kandelia_demo_plant.plant_file import ENDPOINT, plant_file


@click.command()
@click.option("--endpoint", default=ENDPOINT, show_default=True, help="Where the server will be.")
@click.option("--modbus-port", default=PORT, show_default=True, help="Where the meters will be, on the same host.")
@click.option("--mqtt", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The plant's mqtt.json.")
def command(endpoint: str, modbus_port: int, mqtt: Path | None) -> None:
    """Print the plant file (YAML)."""
    broker = json.loads(mqtt.read_text()) if mqtt else None
    click.echo(plant_file(endpoint, modbus_port, broker).encode(), nl=False)  # UTF-8 whatever the locale
