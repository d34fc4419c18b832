"""Gauges and their calibration."""

import json
from datetime import timedelta

import click
from django.utils import timezone

from kandelia.sdk.records import access
from kandelia_tiny_app.due import due as due_by


@click.group()
def gauges() -> None:
    """Gauges and their calibration."""


@gauges.command()
@click.option("--days", type=click.IntRange(0, 3_650), default=30, show_default=True, help="How far ahead.")
@click.option("--organisation", default="main", show_default=True, help="Whose they are.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def due(days: int, organisation: str, as_json: bool) -> None:
    """List the gauges that are due, the most urgent first."""
    until = timezone.localdate() + timedelta(days=days)
    found = due_by(access.system_viewer(organisation), until)
    rows = [{"id": one.id, "gauge": one.title, "due_on": one.values["due_on"].isoformat()} for one in found]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
        return
    for row in rows:
        click.echo(f"{row['due_on']}  {row['gauge']}  ({row['id']})")
