"""Writes the demonstration in small transactions, so that nobody waits for it; what is there already is left alone."""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from kandelia.apps.applications import store
from kandelia.apps.applications.demo import people
from kandelia.apps.applications.demo.cases import LINES, invent
from kandelia.apps.applications.demo.names import Firm, firm
from kandelia.apps.applications.demo.writing_cases import write_cases
from kandelia.base.text import LocalText
from kandelia.sdk.record_types import type_of, writing
from kandelia.sdk.records import access
from kandelia.sdk.services import service

SEED = 20_260_101
FIRMS, APPLICATIONS = 2_000, 5_000
CHUNK = 50  # records in one transaction
AS_OF = date(2020, 6, 30)  # within the validity of the measures; no application today would be
Say = Callable[[str], None]
FORM = {
    "type": "object",
    "properties": {
        "goal": {"type": "string", "title": {"zh": "项目目标", "en": "Goal"}, "maxLength": 1000},
        "machines": {"type": "integer", "title": {"zh": "联网设备数", "en": "Machines connected"}, "minimum": 0},
    },
}


def load(directory: Path, say: Say, *, firms: int = FIRMS, applications: int = APPLICATIONS, seed: int = SEED) -> Path:
    """All of it; returns the file with the people's password. Done again it adds only what is missing."""
    chance = random.Random(seed)  # noqa: S311  invented data
    listed = [firm(n, chance) for n in range(firms)]
    people.make_bureau()
    _firms(listed[:CHUNK])
    file = people.make_people(directory, (*people.OFFICES, *people.REVIEWERS, people.applicant(listed[0].account)))
    people.make_reviewers()
    calls = _calls()
    say(f"people to sign in as, and their password: {file}")
    for part in _cut(listed):
        _firms(part)
    _applications(listed, calls, applications, random.Random(seed + 1))  # noqa: S311
    say(f"{firms} invented firms and {applications} applications are there")
    return file


def _firms(listed: Sequence[Firm]) -> None:
    declared = type_of("organisation")
    there = set(declared.model.objects.filter(uscc__in=[one.uscc for one in listed]).values_list("uscc", flat=True))
    missing = [one for one in listed if one.uscc not in there]
    if not missing:
        return
    with transaction.atomic():
        known = {one.id for one in access.list_organisations()}
        for one in missing:
            if one.account not in known:
                access.add_organisation(one.account, LocalText(one.name, one.name), parent=people.BUREAU)
        rows = [_entry_of(declared.model, one) for one in missing]
        each = [(one.account, "active") for one in missing]
        writing.create_many(access.system_viewer(people.BUREAU), declared, rows, each=each)


def _entry_of(model: Any, one: Firm) -> Any:
    return model(
        uscc=one.uscc,
        name_zh=one.name,
        sector=one.sector,
        size=one.size,
        district=one.district,
        account=one.account,
        contact_name="演示联系人",
        contact_phone="13800000000",
        invented=True,
    )


def _calls() -> dict[str, int]:
    """A published call for each line, by line."""
    declared, today = type_of("call"), timezone.localdate()
    found = store.rows("call").filter(invented=True, entry__organisation_id=people.BUREAU)
    known = dict(found.values_list("line", "entry_id"))
    titles = {one["line"]: one["title"]["zh"] for one in service("measures.documents")()["lines"]}
    rows = [_call(line, titles[line], today) for line in LINES if line not in known]
    if rows:
        ids = writing.create_many(access.system_viewer(people.BUREAU), declared, rows, state="published")
        known |= {row.line: id for row, id in zip(rows, ids, strict=True)}
    return known


def _call(line: str, title: str, today: date) -> Any:
    return store.new(
        "call",
        title=f"（演示）{title}资助申报通知",
        line=line,
        as_of=AS_OF,
        opens_on=today - timedelta(days=700),
        closes_on=today + timedelta(days=365),
        text="演示数据：通知、企业与项目均为虚构。政策适用日取措施有效期内的一天。",
        form=FORM,
        documents="营业执照\n专项审计报告",
        budget=Decimal(800_000_000),
        objection_channel="演示监督电话 000-00000000",
        invented=True,
    )


def _applications(listed: Sequence[Firm], calls: dict[str, int], wanted: int, chance: random.Random) -> None:
    schemas = {line: service("measures.schema")(line) for line in LINES}
    today = timezone.localdate()
    invented = [invent(n, len(listed), schemas, today, chance) for n in range(wanted)]
    there = set(store.rows("application").filter(invented=True).values_list("project", flat=True))
    model: Any = type_of("organisation").model
    profiles = dict(model.objects.filter(invented=True).values_list("account", "entry_id"))
    for part in _cut([one for one in invented if one.project not in there]):
        write_cases(part, listed, calls, profiles)


def _cut(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]
