"""Rows of forms and lines of text as parameters, signals and instances. Pure."""

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from kandelia.base.errors import InvalidInput
from kandelia.sdk.templates import InstanceView, Parameter, TemplateView, parameter_of, signal_document, signal_of
from kandelia.sdk.views import SignalView

LINES_MAX = 5_000
SIGNAL_CELLS = ("key", "zh", "en", "type", "unit", "low", "high", "period", "connection", "address")
Lists = Mapping[str, Sequence[str]]  # a form: each name with its values, row after row


def signal_cells(view: SignalView) -> dict[str, str]:
    """A signal as the cells of its row."""
    document = signal_document(view)
    low, high = document.get("range", (None, None))
    return {
        "key": view.key,
        "zh": view.name.zh,
        "en": view.name.en,
        "type": view.kind.name.lower(),
        "unit": view.unit,
        "low": "" if low is None else str(low),
        "high": "" if high is None else str(high),
        "period": str(document.get("period", "1s")),
        "connection": view.connection,
        "address": view.address,
    }


def signals_of(form: Lists, before: Sequence[SignalView]) -> tuple[SignalView, ...]:
    """The signals of a form; what has no cell (labels, decimals, commands) stays. Rows without key are none."""
    documents = {view.key: signal_document(view) for view in before}
    found = []
    for number, cells in enumerate(_rows(form, SIGNAL_CELLS), 1):
        if cells["key"]:
            old = documents.get(cells.pop("was"), {})
            found.append(signal_of(_document(cells, old, number)))
    return tuple(found)


def parameters_of(form: Lists) -> tuple[Parameter, ...]:
    """The parameters of a form; rows without name are none."""
    rows = _rows(form, ("name", "ptype", "default"), was="")
    return tuple(
        parameter_of({"name": one["name"], "type": one["ptype"] or "text", "default": one["default"]})
        for one in rows
        if one["name"]
    )


def instances_of(text: str, template: TemplateView) -> tuple[tuple[InstanceView, ...], tuple[str, ...]]:
    """Machines from lines under a head (machine, connection, a column a parameter), comma, semicolon or tab between.

    The second answer is the names of machines, by line ("" where there is no column `name`).
    """
    lines = [line for line in text.replace("\r", "").split("\n") if line.strip()]
    if len(lines) > LINES_MAX:
        raise InvalidInput(f"{len(lines)} lines at once", "machines", f"give {LINES_MAX} at most", "too-many")
    if not lines:
        return (), ()
    split = max((",", ";", "\t"), key=lines[0].count)
    head, *rows = ([cell.strip() for cell in row] for row in csv.reader(io.StringIO("\n".join(lines)), delimiter=split))
    known = {one.name for one in template.parameters}
    if "machine" not in head or (unknown := set(head) - known - {"machine", "connection", "name"}):
        columns = ", ".join(["machine", "connection", "name", *sorted(known - {"machine"})])
        what = "no column is called machine" if "machine" not in head else f'no parameter "{sorted(unknown)[0][:40]}"'
        raise InvalidInput(what, "line 1", f"name the columns in the first line: {columns}", "bad-head")
    return _instances(template, head, rows)


def table_of(instances: Sequence[InstanceView], template: TemplateView) -> str:
    """The same lines of what there is."""
    names = [one.name for one in template.parameters]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["machine", "connection", *names])
    for one in instances:
        writer.writerow([one.machine, one.connection, *(one.values.get(name, "") for name in names)])
    return out.getvalue()


def _instances(
    template: TemplateView, head: list[str], rows: Sequence[list[str]]
) -> tuple[tuple[InstanceView, ...], tuple[str, ...]]:
    found, names, own = [], [], {one.name for one in template.parameters}
    for number, cells in enumerate(rows, 2):
        if len(cells) > len(head):
            raise InvalidInput(f"{len(cells)} cells", f"line {number}", f"give {len(head)}", "bad-line")
        row = dict(zip(head, cells, strict=False))
        values = {name: row[name] for name in own if row.get(name) and (name != "machine")}
        found.append(InstanceView(template.key, row["machine"].strip("/"), row.get("connection", ""), values))
        names.append(row.get("name", ""))
    return tuple(found), tuple(names)


def _rows(form: Lists, names: Sequence[str], was: str = "was") -> list[dict[str, str]]:
    columns = {name: list(form.get(name, ())) for name in (*names, *filter(None, (was,)))}
    count = max(map(len, columns.values()), default=0)
    return [
        {name: (cells[n] if n < len(cells) else "").strip() for name, cells in columns.items()} for n in range(count)
    ]


def _document(cells: Mapping[str, str], old: Mapping[str, Any], number: int) -> dict[str, Any]:
    where = f"row {number}"
    name = {language: cells[language] for language in ("zh", "en") if cells[language]}
    ends = [_number(cells[end], where, end) for end in ("low", "high")]
    more = {name: cells[name] for name in ("key", "type", "unit", "period", "connection", "address")}
    document = {**old, **more, "name": name or None, "range": ends, "period": cells["period"] or "1s"}
    return (
        document if cells["type"] == "enumeration" else {key: part for key, part in document.items() if key != "labels"}
    )


def _number(text: str, where: str, name: str) -> float | None:
    try:
        return float(text) if text else None
    except ValueError as error:
        raise InvalidInput(
            f'"{text[:40]}" is no number', f"{where}, {name}", "give one such as 12.5", "bad-value"
        ) from error
