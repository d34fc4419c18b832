"""Reviewer (评审专家): who may be drawn, where they work, and to whom they declared a relation."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from kandelia.base.text import LocalText
from kandelia.sdk.record_types import KEPT, Field, Group, Record, RecordType, State, Transition

DESK = ("acceptance", "supervisor")
READERS = (*DESK, "expert")


class Reviewer(Record):
    """`employer` and each line of `relations` are unified social credit codes."""

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    subjects = models.CharField(max_length=200, blank=True)
    employer = models.CharField(max_length=18, blank=True)
    relations = models.TextField(blank=True)
    invented = models.BooleanField(default=False)


def narrow(viewer: Any, rows: Any) -> Any:
    """An expert sees only the own entry."""
    if viewer.subject == "system" or viewer.duties & set(DESK):
        return rows
    return rows.filter(Q(person_id=viewer.person or 0))


REVIEWER = RecordType(
    name="reviewer",
    label=LocalText("评审专家", "Reviewer"),
    plural=LocalText("评审专家", "Reviewers"),
    model=Reviewer,
    life=KEPT.but(
        states=(State("active", LocalText("在库", "Active"), "start", editable_by=READERS),),
        transitions=(
            Transition(
                "retire", LocalText("出库", "Retire"), ("active",), "retired", DESK, reason=True, expected=False
            ),
            Transition("restore", LocalText("恢复", "Restore"), ("retired",), "active", DESK, expected=False),
        ),
    ),
    groups=(
        Group(
            LocalText("专家", "Reviewer"),
            (
                Field("person", LocalText("登录人", "Person"), LocalText("登录名", "Sign-in name")),
                Field("name", LocalText("姓名", "Name"), weight=4),
                Field("subjects", LocalText("专业领域", "Subjects"), weight=2),
                Field(
                    "employer",
                    LocalText("所在单位代码", "Employer"),
                    LocalText("统一社会信用代码", "Unified social credit code"),
                ),
                Field(
                    "relations",
                    LocalText("利害关系申明", "Declared relations"),
                    LocalText("每行一个统一社会信用代码", "One unified social credit code a line"),
                    lines=4,
                ),
                Field("invented", LocalText("演示数据", "Demonstration data"), editable=False),
            ),
        ),
    ),
    title=("name",),
    columns=("name", "subjects", "employer"),
    create_by=DESK,
    read_by=READERS,
    icon="user-check",
    narrow=narrow,
)
