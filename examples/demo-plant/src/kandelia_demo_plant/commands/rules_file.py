"""`rules-file`."""

from importlib.resources import files

import click


@click.command()
def command() -> None:
    """Print derived signals and limits of the plant (YAML), for `kandelia rules load`."""
    click.echo(files("kandelia_demo_plant").joinpath("rules.yaml").read_bytes(), nl=False)
