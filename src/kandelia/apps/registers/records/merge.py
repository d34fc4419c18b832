"""Merge of duplicates (合并): one organisation takes over what refers to the other; what moved is kept for undoing."""

from typing import Any

from django.db import models

from kandelia.base.errors import Conflict
from kandelia.base.text import LocalText, Said
from kandelia.sdk.record_types import (
    Case,
    Field,
    Group,
    Life,
    Record,
    RecordType,
    Reference,
    State,
    Transition,
    acting,
    references,
    store,
    type_of,
)

SAME = "the same organisation twice"


class OrganisationMerge(Record):
    """`moved` lists every reference that was moved: [type, id of the referring record, field]."""

    kept = Reference("organisation")
    dropped = Reference("organisation")
    reason = models.TextField()
    moved = models.JSONField(default=list, blank=True)


def check(row: Any) -> None:
    """Two different organisations."""
    if row.kept_id == row.dropped_id:
        raise Conflict(SAME, "dropped", Said("请选择重复的企业", "choose the duplicate"), "same")


def apply(case: Case) -> None:
    """Move the references, and end the duplicate."""
    row: Any = case.record
    row.moved = references.move(row.dropped, row.kept, leaving={"organisation-merge"})
    row.save(update_fields=["moved"])
    _step(case, row.dropped, "merge")


def undo(case: Case) -> None:
    """Move them back, and revive the duplicate."""
    row: Any = case.record
    references.move_back(row.dropped, row.kept, row.moved)
    _step(case, row.dropped, "unmerge")


def _step(case: Case, entry: Any, name: str) -> None:
    declared = type_of("organisation")
    row = store.rows_of(declared).get(entry_id=entry.id)
    step = declared.life_of(row.entry.process).transition(name)
    if row.entry.state not in step.sources:
        raise Conflict(
            Said("重复企业目前的状态不能合并", f'the duplicate is "{row.entry.state}"'),
            "dropped",
            Said("请先查看该企业", "look at it first"),
            "state",
        )
    acting.take(case.viewer, declared, row, step, reason=case.reason, basis=case.entry.code)


MERGE = RecordType(
    name="organisation-merge",
    label=LocalText("企业合并", "Merge of duplicates"),
    plural=LocalText("企业合并", "Merges of duplicates"),
    model=OrganisationMerge,
    life=Life(
        states=(
            State("proposed", LocalText("待复核", "Proposed"), "start", editable_by=("registrar",)),
            State("merged", LocalText("已合并", "Merged"), look="good"),
            State("undone", LocalText("已撤销", "Undone"), "end", look="muted"),
        ),
        transitions=(
            Transition(
                "apply",
                LocalText("复核并合并", "Check and merge"),
                ("proposed",),
                "merged",
                ("registrar",),
                effect=apply,
                look="main",
            ),
            Transition(
                "undo",
                LocalText("撤销合并", "Undo the merge"),
                ("merged",),
                "undone",
                ("registrar",),
                effect=undo,
                reason=True,
                expected=False,
                look="danger",
            ),
        ),
    ),
    groups=(
        Group(
            LocalText("合并", "Merge"),
            (
                Field(
                    "kept", LocalText("保留", "Kept"), LocalText("接收全部引用", "Takes over everything that refers")
                ),
                Field("dropped", LocalText("重复", "Duplicate")),
                Field("reason", LocalText("理由", "Reason"), lines=3),
            ),
        ),
    ),
    title=("dropped", "kept"),
    columns=("kept", "dropped", "reason"),
    create_by=("registrar",),
    read_by=("registrar", "supervisor"),
    number="HB-{year}-{serial:04}",
    icon="merge",
    check=check,
)
