"""The table of all lines in words, with its numbers taken from the parameters."""

from decimal import Decimal

from kandelia.apps.measures.logic.declarations import Line, Measures, Parameter, Unit
from kandelia.apps.measures.logic.money import money_text

HEAD = (
    *("Line", "Chapter", "Subject — who", "Object — what", "Rate and base"),
    *("Cap per project / item", "Cap per enterprise", "Kind", "Conditions and other rules in the text"),
)
COMMITMENTS_HEAD = ("No.", "Chapter", "Subject", "What it commits to", "Named deliverables the platform can support")
PERCENT = Decimal(100)


def table(measures: Measures) -> list[list[str]]:
    """A row of cells for each line, in the order of the text."""
    return [_row(line) for line in measures.lines.values()]


def commitments_table(measures: Measures) -> list[list[str]]:
    """A row of cells for each measure without an amount of its own."""
    return [
        [one.measure, one.chapter.partition(" ")[0], one.who, one.commits, one.deliverables]
        for one in measures.commitments
    ]


def markdown(head: tuple[str, ...], rows: list[list[str]]) -> str:
    """The rows as a Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def _row(line: Line) -> list[str]:
    words = {"term": line.term}
    for parameter in line.parameters.values():
        words[parameter.name] = _number(parameter)
        words[f"{parameter.name}_tight"] = _number(parameter).replace(" ", "")
    row = line.row
    filled = [cell.format_map(words) for cell in (row.rate, row.project, row.enterprise)]
    rules = row.rules.format_map(words)
    chapter = line.chapter.partition(" ")[0] if row.short_chapter else line.chapter
    return [line.id, chapter, row.who, row.what, *filled, line.kind, rules]


def _number(parameter: Parameter) -> str:
    """The first value, as the table writes it: 30 %, 5,000,000, 1."""
    value = parameter.values[0].value
    if parameter.unit is Unit.SHARE:
        return f"{money_text(value * PERCENT)} %"
    return f"{value:,f}" if parameter.unit is Unit.CNY else money_text(value)
