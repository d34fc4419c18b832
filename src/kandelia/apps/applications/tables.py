"""The sums of policy performance as files: CSV that Excel opens in the right letters, and a workbook."""

import csv
import io
from collections.abc import Sequence
from importlib import import_module

from kandelia.apps.applications.contracts import Performance
from kandelia.base.text import LocalText

KINDS = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
HEAD = (
    LocalText("项数", "Applications"),
    LocalText("申请金额（元）", "Asked (yuan)"),
    LocalText("决定金额（元）", "Decided (yuan)"),
    LocalText("拨付金额（元）", "Paid (yuan)"),
)


def written(end: str, by: str, rows: Sequence[Performance], language: str) -> bytes:
    """The bytes of the file."""
    head = [by, *(one.say(language) for one in HEAD)]
    body = [[one.label.say(language), one.count, one.asked, one.decided, one.paid] for one in rows]
    if end == "csv":
        text = io.StringIO()
        csv.writer(text).writerows([head, *body])
        return text.getvalue().encode("utf-8-sig")
    book = import_module("openpyxl").Workbook(write_only=True)
    page = book.create_sheet("performance")
    for line in (head, *body):
        page.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
