"""Working days: load, show."""

import click
from django.utils import timezone

from kandelia.kernel.calendar import facade as calendar_of
from kandelia.surfaces.cli.options import data_option, json_option, say_json, say_table


@click.group()
def group() -> None:
    """Working days: load, show."""


@group.command()
@click.argument("years", nargs=-1, type=click.IntRange(*calendar_of.YEARS), metavar="[YEAR]…")
@data_option
def load(years: tuple[int, ...]) -> None:
    """Take over the published holidays and 调休 of these years, of all without one; edited days stay."""
    asked = [(year, year) for year in years] or [calendar_of.YEARS]
    changed = sum(calendar_of.load(first, last) for first, last in asked)
    click.echo(f"{changed} days are new or changed")


@group.command()
@click.argument("year", required=False, type=click.IntRange(*calendar_of.YEARS))
@data_option
@json_option
def show(year: int | None, as_json: bool) -> None:
    """The days of a YEAR (else this one) that differ from the week's rule, and how many are worked."""
    days = calendar_of.year(year or timezone.localdate().year)
    if as_json:
        say_json(days)
        return
    rows = [(f"{one.day}", "work" if one.working else "rest", one.name, one.source) for one in days if one.special]
    say_table(("day", "is", "name", "source"), rows)
    click.echo(f"{sum(one.working for one in days)} working days")
