"""What every command over the records takes, and how it prints."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TypeVar
from unicodedata import east_asian_width

import click
import orjson
from django.conf import settings

from kandelia.base.errors import InvalidInput, NotFound
from kandelia.kernel.access.contracts import Viewer
from kandelia.kernel.access.facade import list_organisations, system_viewer

F = TypeVar("F", bound=Callable[..., Any])

data_option = click.option(
    "--data", expose_value=False, metavar="DIRECTORY", help="The data directory (else KANDELIA_DATA, else ./data)."
)
json_option = click.option("--json", "as_json", is_flag=True, help="For programs.")


def _viewer(_context: click.Context, _option: click.Parameter, name: str | None) -> Viewer:
    organisation = name or settings.PLATFORM.organisation
    if organisation not in {known.id for known in list_organisations()}:
        raise NotFound(
            f'there is no organisation "{organisation}"',
            "--org",
            "see kandelia org list, or start once with kandelia up",
        )
    return system_viewer(organisation)


def organisation_options(command: F) -> F:
    """--org as the `viewer` that acts for it (the platform itself), and --data."""
    option = click.option(
        "--org", "viewer", callback=_viewer, metavar="ID", help="The organisation (else the installation's first)."
    )
    return data_option(option(command))


def say_json(value: Any) -> None:
    """A value of dataclasses, one line."""
    click.echo(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode())


def say_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns under a head; Chinese characters count as two."""
    table = [list(head), *(list(row) for row in rows)]
    widths = [max(_width(row[column]) for row in table) for column in range(len(head))]
    for row in table:
        cells = [cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)]
        click.echo("  ".join(cells).rstrip())


def _width(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def text_of(file: Path) -> str:
    """A file's text; InvalidInput names the byte that is not UTF-8."""
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"byte {error.start} is not UTF-8", file.name, "save the file as UTF-8") from error
