"""`plant-file`."""

import click

from kandelia_demo_plant.modbus_map import PORT
from kandelia_demo_plant.plant_file import ENDPOINT, plant_file


@click.command()
@click.option("--endpoint", default=ENDPOINT, show_default=True, help="Where the server will be.")
@click.option("--modbus-port", default=PORT, show_default=True, help="Where the meters will be, on the same host.")
def command(endpoint: str, modbus_port: int) -> None:
    """Print the plant file (YAML)."""
    click.echo(plant_file(endpoint, modbus_port).encode(), nl=False)  # UTF-8 whatever the locale
