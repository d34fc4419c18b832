"""The people of the demonstration: one for each office of the bureau, experts, and who applies for the first firm."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from django.contrib.auth import get_user_model

from kandelia.base.errors import Conflict
from kandelia.base.text import LocalText
from kandelia.sdk.record_types import type_of, writing
from kandelia.sdk.records import access
from kandelia.sdk.views import Role, Viewer

BUREAU, BUREAU_NAME = (
    "bureau",
    LocalText("示范市工业和信息化局（演示）", "Bureau of Industry, Demo City (demonstration)"),
)
EXPERTS = 8
FILE = "demonstration-people.txt"
PASSWORD_GROUPS = 4


@dataclass(frozen=True, slots=True)
class Part:
    """Whom one may sign in as."""

    sign_in: str
    name: str
    duties: tuple[str, ...]
    organisation: str = BUREAU
    role: Role = Role.VIEWER


OFFICES = (
    Part("demo-admin", "演示管理员", (), role=Role.ADMINISTRATOR),
    Part("demo-acceptance", "演示受理员", ("acceptance", "registrar")),
    Part("demo-auditor", "演示审计员", ("auditor",)),
    Part("demo-leader", "演示局领导", ("leader", "publisher")),
    Part("demo-finance", "演示财务", ("finance",)),
    Part("demo-finance-2", "演示财务复核", ("finance",)),
    Part("demo-supervisor", "演示监督员", ("supervisor",)),
    Part("demo-editor", "演示编辑", ("editor",)),
)
REVIEWERS = tuple(Part(f"demo-expert-{n}", f"演示专家{n}", ("expert",)) for n in range(1, EXPERTS + 1))


def applicant(account: str) -> Part:
    """Who applies for a firm."""
    return Part("demo-applicant", "演示申报人", ("applicant",), account, Role.OPERATOR)


def make_bureau() -> None:
    """The bureau, where it is not there yet."""
    try:
        access.add_organisation(BUREAU, BUREAU_NAME)
    except Conflict as error:
        if error.code != "organisation-exists":
            raise


def make_people(directory: Path, parts: tuple[Part, ...]) -> Path:
    """Everybody who is missing; the one password they share stands in a file that only its owner reads."""
    file = directory / FILE
    password = _password(file)
    there = set(get_user_model()._default_manager.values_list("sign_in", flat=True))
    for part in parts:
        if part.sign_in not in there:
            system = access.system_viewer(part.organisation)
            access.add_person(system, part.sign_in, password, part.role, name=part.name, must_change=False)
            access.set_duties(system, part.sign_in, part.duties)
    return file


def hands() -> dict[str, Viewer]:
    """Who does the work of each duty."""
    there = {one.sign_in: one for one in get_user_model()._default_manager.filter(sign_in__startswith="demo-")}
    found: dict[str, Viewer] = {}
    for part in OFFICES:
        person = there[part.sign_in]
        viewer = Viewer(BUREAU, f"person:{person.pk}", part.name, part.role, duties=frozenset(part.duties))
        found |= {duty: viewer for duty in part.duties if duty not in found}
    return found


def make_reviewers() -> None:
    """The experts' entries in the list of reviewers."""
    declared, system = type_of("reviewer"), access.system_viewer(BUREAU)
    people = {one.sign_in: one for one in get_user_model()._default_manager.filter(sign_in__startswith="demo-expert-")}
    known = set(declared.model.objects.values_list("person_id", flat=True))
    for part in REVIEWERS:
        person = people[part.sign_in]
        if person.pk not in known:
            row = declared.model(person=person, name=part.name, subjects="工业互联网", invented=True)  # type: ignore[misc]
            writing.add(system, declared, row)


def _password(file: Path) -> str:
    if file.exists():
        return file.read_text(encoding="utf-8").splitlines()[0].partition(" ")[2]
    password = "-".join(secrets.token_hex(3) for _ in range(PASSWORD_GROUPS))
    file.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        out.write(f"password {password}\n")
        out.writelines(f"{part.sign_in}  {part.name}\n" for part in (*OFFICES, *REVIEWERS, applicant("")))
    return password
