"""The measures: list, schemas, upper bounds, and what a draft would change (needs no installation)."""

import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from kandelia.apps.measures import facade
from kandelia.apps.measures.contracts import Answer, Result, State
from kandelia.apps.measures.logic.asking import parse_json, read_case
from kandelia.apps.measures.logic.drafts import CaseDifference, by_line, difference_text
from kandelia.apps.measures.logic.listing import gives
from kandelia.apps.measures.logic.money import money_text, shown_money
from kandelia.apps.measures.logic.questions import parse_day
from kandelia.base.errors import InvalidInput

FILE_BYTES_MAX = 50_000_000
MARKS = {Answer.MET: "✓", Answer.MISSED: "✗", Answer.CANNOT_TELL: "?"}
json_option = click.option("--json", "as_json", is_flag=True, help="For programs.")
as_of_option = click.option(
    "--as-of", required=True, metavar="DATE", help="The day that must fall within the validity."
)
input_file = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)


@click.group()
def measures() -> None:
    """The measures: what each funding line gives, and its upper bound for a case."""


@measures.command("list")
@json_option
@click.option("--markdown", is_flag=True, help="As the table of all lines.")
def list_(as_json: bool, markdown: bool) -> None:
    """Every funding line, and the measures without an amount of their own."""
    if as_json:
        _say_json(facade.documents())
    elif markdown:
        click.echo(facade.table(), nl=False)
    else:
        found = facade.measures()
        for line in found.lines.values():
            click.echo(f"{line.id:8}{line.title.en}: {gives(line).en}")
        for one in found.commitments:
            click.echo(f"{one.measure:8}{one.title.en} (no amount): {one.says.en}")


@measures.command()
@click.argument("line")
@json_option
@click.option("--language", type=click.Choice(("zh", "en")), default="en", help="Of titles and descriptions.")
def schema(line: str, as_json: bool, language: str) -> None:
    """The JSON Schema of what LINE takes (always JSON)."""
    _say_json(facade.schema(line, language), indent=None if as_json else 2)


@measures.command()
@click.argument("line")
@click.option("--input", "file", type=input_file, required=True, help="A JSON file that fits the schema; - for stdin.")
@as_of_option
@json_option
def compute(line: str, file: Path, as_of: str, as_json: bool) -> None:
    """The upper bound of LINE for an input, with what binds it and what it rests on."""
    day = parse_day(as_of, "--as-of")
    result = facade.compute(line, parse_json(_text(file), str(file)), day)
    if as_json:
        click.echo(result.canonical().decode())
        return
    _say_result(result)


@measures.command()
@click.option("--draft", type=input_file, required=True, help="A YAML file of changes to parameters.")
@click.option("--cases", "file", type=input_file, required=True, help='JSON lines: {"line", "input", "as_of", "name"}.')
@json_option
def compare(draft: Path, file: Path, as_json: bool) -> None:
    """What a draft of parameters would change, by line and over all cases of a file (政策沙盘)."""
    found = facade.compare(_text(draft), str(draft), _cases(file))
    sums = by_line(found)
    if as_json:
        lines = [_sum(one.line, one.cases, one.changed, one.before, one.after) for one in sums]
        _say_json({"lines": lines, "cases": [_difference(one) for one in found]})
        return
    click.echo("line      cases  changed  before  after  difference")
    for one in sums:
        shown = "  ".join(shown_money(amount) for amount in (one.before, one.after))
        click.echo(f"{one.line:8}{one.cases:7}{one.changed:9}  {shown}  {difference_text(one.after - one.before)}")


def _cases(file: Path) -> Iterator[Any]:
    for number, text in enumerate(_text(file).splitlines(), 1):
        if text.strip():
            yield read_case(parse_json(text, f"line {number} of {file}"), f"line {number} of {file}")


def _sum(line: str, cases: int, changed: int, before: Decimal, after: Decimal) -> dict[str, Any]:
    amounts = {"before": before, "after": after}
    told = {name: money_text(amount) for name, amount in amounts.items()}
    return {"line": line, "cases": cases, "changed": changed, **told, "difference": difference_text(after - before)}


def _difference(one: CaseDifference) -> dict[str, Any]:
    ends = {"before": one.before, "after": one.after}
    told = {name: result.upper_bound or None for name, result in ends.items()}
    binding = {f"binding_{name}": result.binding or None for name, result in ends.items()}
    return {"name": one.name, "line": one.line, **told, **binding, "difference": difference_text(one.difference)}


def _text(file: Path) -> str:
    """A file, or what comes in."""
    try:
        raw = sys.stdin.buffer.read(FILE_BYTES_MAX + 1) if str(file) == "-" else file.read_bytes()
        if len(raw) > FILE_BYTES_MAX:
            raise InvalidInput("the file is too large", str(file), f"at most {FILE_BYTES_MAX} bytes", "too-large")
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        what = f"byte {error.start} is not UTF-8"
        raise InvalidInput(what, str(file), "save the file as UTF-8", "not-utf-8") from error


def _say_json(value: Any, indent: int | None = None) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=indent))


def _say_result(result: Result) -> None:
    if result.state is State.COMPUTED:
        click.echo(f"{result.line}: at most {shown_money(Decimal(result.upper_bound))}, bound by {result.binding}")
    elif result.state is State.NOT_IN_FORCE:
        click.echo(f"{result.line}: not in force on {result.as_of} ({result.valid_from} to {result.valid_to})")
    else:
        click.echo(f"{result.line}: cannot be computed; needs {', '.join(one.name for one in result.missing)}")
    for step in result.trace:
        click.echo(f"  {step.clause:6} {step.text.en}")
    for one in result.conditions:
        more = one.because.en or ("needs " + ", ".join(one.needs) if one.needs else "")
        click.echo(f"  {MARKS[one.answer]} {one.text.en}" + (f" ({more})" if more else ""))
    for notice in result.warnings:
        click.echo(f"  ! {notice.text.en}")
    open_points = ", ".join(one.id for one in result.unspecified)
    click.echo(f"  unspecified in the text: {open_points}; parameters {result.parameters_sha256[:12]}")
