"""`plant-file`."""

import click

from kandelia_demo_plant.plant_file import ENDPOINT, plant_file


@click.command()
@click.option("--endpoint", default=ENDPOINT, show_default=True, help="Where the server will be.")
def command(endpoint: str) -> None:
    """Print the plant file (YAML)."""
    click.echo(plant_file(endpoint).encode(), nl=False)  # UTF-8 whatever the locale
