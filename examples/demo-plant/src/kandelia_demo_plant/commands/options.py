"""Options that several commands share."""

from pathlib import Path

import click

DATA = click.Path(file_okay=False, path_type=Path)
