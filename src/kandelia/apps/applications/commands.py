"""Demonstration data: an invented bureau with its people, firms and applications."""

from pathlib import Path

import click
from django.conf import settings

from kandelia.apps.applications.demo import loading


@click.group()
def demo() -> None:
    """Demonstration data, invented and marked so."""


@demo.command()
@click.option("--firms", type=click.IntRange(1, 20_000), default=loading.FIRMS, show_default=True, help="How many.")
@click.option(
    "--applications", type=click.IntRange(0, 100_000), default=loading.APPLICATIONS, show_default=True, help="How many."
)
@click.option("--seed", type=int, default=loading.SEED, show_default=True, help="The same seed, the same data.")
def bureau(firms: int, applications: int, seed: int) -> None:
    """A bureau with a person for each office, firms, calls, applications, scores and payments; adds what is missing."""
    directory = Path(settings.PLATFORM.directory)
    loading.load(directory, click.echo, firms=firms, applications=applications, seed=seed)
