"""Derived signals and limits from the command line."""

import json
from dataclasses import asdict
from pathlib import Path

import click
import yaml

from kandelia.base.errors import InvalidInput
from kandelia.base.parsing import time_ns
from kandelia.sdk import rules as values
from kandelia.sdk.records import access


@click.group()
def rules() -> None:
    """Derived signals and limits."""


organisation_option = click.option("--organisation", default="main", show_default=True, help="Whose they are.")


@rules.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@organisation_option
def load(file: Path, organisation: str) -> None:
    """Make or change the derived signals and limits of FILE (YAML); loading it again changes only what differs."""
    try:
        document = yaml.safe_load(file.read_text())
    except yaml.YAMLError as error:
        raise InvalidInput(f"it is no YAML: {error}", str(file), "see docs/do/set-limits.md", "rules-file") from error
    count = values.load(access.system_viewer(organisation), document or {})
    click.echo(f"{count['derived']} derived signals, {count['limits']} limits")


@rules.command()
@click.option("--machine", default="", metavar="PATH", help="Only those of a machine.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@organisation_option
def active(machine: str, as_json: bool, organisation: str) -> None:
    """List what stands outside of its limits."""
    found = values.active(access.system_viewer(organisation), machine=machine)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], default=str, ensure_ascii=False))
        return
    for one in found:
        stands = "over" if one.cleared_at else "broken"
        seen = f"acknowledged by {one.acknowledged_by}" if one.acknowledged_at else "not acknowledged"
        click.echo(f"{one.id}  {one.signal}  {one.kind}  {one.value:g}  {stands} since {one.raised_at:%F %T}  {seen}")


@rules.command()
@click.argument("ids", type=int, nargs=-1, required=True)
@click.option("--comment", default="", help="Kept with them.")
@organisation_option
def acknowledge(ids: tuple[int, ...], comment: str, organisation: str) -> None:
    """Acknowledge entries of the active list."""
    click.echo(f"{values.acknowledge(access.system_viewer(organisation), ids, comment)} acknowledged")


@rules.command()
@click.argument("number", type=int)
@click.option("--from", "start", required=True, metavar="TIME", help="ISO 8601 with a zone, or ms since 1970.")
@click.option("--to", "end", required=True, metavar="TIME", help="Where it ends (not included).")
@organisation_option
def anew(number: int, start: str, end: str, organisation: str) -> None:
    """Evaluate the derived signal NUMBER again over a stretch of history."""
    viewer = access.system_viewer(organisation)
    click.echo(f"{values.anew(viewer, number, time_ns(start, 'from'), time_ns(end, 'to'))} rows written")


@rules.command()
@click.option("--markdown", is_flag=True, help="As docs/reference has it.")
def operators(markdown: bool) -> None:
    """List every operator of an expression."""
    click.echo(reference() if markdown else "\n".join(f"{one.form:24} {one.words.en}" for one in values.operators()))


def reference() -> str:
    """docs/reference/operators.md."""
    lines = [
        "# Operators of derived signals",
        "",
        "Made of the table of operators: `kandelia rules operators --markdown`.",
        "",
    ]
    for title, windowed in (("Row by row", False), ("Over fixed windows", True)):
        lines += [f"## {title}", "", "| written | takes | gives | means |", "|---|---|---|---|"]
        for one in values.operators():
            if one.windowed is windowed:
                lines.append(f"| `{one.form}` | {one.takes} | {one.gives} | {one.words.en} · {one.words.zh} |")
        lines.append("")
    return "\n".join(lines)
