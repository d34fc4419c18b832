"""The cast of the tests: a bureau with its offices, firms with their entries in the register, and a call."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.utils import timezone

from kandelia.base.text import LocalText
from kandelia.sdk.record_types import facade, type_of, writing
from kandelia.sdk.records import access
from kandelia.sdk.services import service
from kandelia.sdk.views import Role, Viewer

BUREAU = "bureau"
OFFICES = ("acceptance", "auditor", "leader", "finance", "supervisor", "editor", "publisher")
EXPERTS = 5
CODES = ("91440300MA5DM0001X", "91440300MA5DM00023", "91440300MA5DM00031")
FORM = {
    "type": "object",
    "properties": {"goal": {"type": "string", "title": "目标", "minLength": 2}, "machines": {"type": "integer"}},
    "required": ["goal"],
}


@dataclass
class Cast:
    """Everybody, by what they are; `firms` are organisation ids with `profiles` in the register."""

    people: dict[str, Viewer] = field(default_factory=dict)
    experts: list[Viewer] = field(default_factory=list)
    reviewers: list[int] = field(default_factory=list)
    firms: list[str] = field(default_factory=list)
    profiles: list[int] = field(default_factory=list)

    def __getattr__(self, name: str) -> Viewer:
        return self.people[name]


def member(organisation: str, sign_in: str, duties: tuple[str, ...] = (), role: Role = Role.VIEWER) -> Viewer:
    """A person with a role and duties."""
    system = access.system_viewer(organisation)
    if not get_user_model()._default_manager.filter(sign_in=sign_in).exists():
        person = get_user_model()._default_manager.create(sign_in=sign_in, name=sign_in, password="!")
        access_id = person.pk
    else:
        access_id = get_user_model()._default_manager.get(sign_in=sign_in).pk
    person = get_user_model()._default_manager.get(pk=access_id)
    person.memberships.create(organisation_id=organisation, role=role.value)  # type: ignore[attr-defined]
    access.set_duties(system, sign_in, duties)
    return Viewer(organisation, f"person:{access_id}", sign_in, role, duties=frozenset(duties))


def assemble(firms: int = 2) -> Cast:
    """The bureau, its offices and experts, and some firms with an applicant each."""
    cast = Cast()
    access.add_organisation(BUREAU, LocalText("示范局", "Demo bureau"))
    for duty in OFFICES:
        cast.people[duty] = member(BUREAU, duty, (duty,))
    cast.people["finance2"] = member(BUREAU, "finance2", ("finance",))
    cast.people["clerk"] = member(BUREAU, "clerk")
    for n in range(firms):
        _firm(cast, n)
    for n in range(EXPERTS):
        viewer = member(BUREAU, f"expert{n}", ("expert",))
        cast.experts.append(viewer)
        given = {"person": f"expert{n}", "name": f"专家{n}"}
        cast.reviewers.append(facade.create(cast.acceptance, "reviewer", given).id)
    return cast


def _firm(cast: Cast, n: int) -> None:
    id = f"firm{n}"
    access.add_organisation(id, LocalText(f"演示企业{n}", f"Demo firm {n}"), parent=BUREAU)
    cast.people[id] = member(id, f"applicant{n}", ("applicant",), Role.OPERATOR)
    model: Any = type_of("organisation").model
    row = model(uscc=code(n), name_zh=f"演示企业{n}", sector="C", size="small", account=id, invented=True)
    [made] = writing.create_many(
        access.system_viewer(BUREAU), type_of("organisation"), [row], organisation=id, state="active"
    )
    cast.firms.append(id)
    cast.profiles.append(made)


def code(n: int) -> str:
    """A valid unified social credit code in a row of its own."""
    body = f"91440300MAD{n:06}"
    letters = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(letters.index(one) * pow(3, place, 31) for place, one in enumerate(body))
    return body + letters[(31 - total % 31) % 31]


def call(cast: Cast, *, line: str = "M10", **more: Any) -> int:
    """A published call, open now."""
    today = timezone.localdate()
    given = {
        "title": f"演示通知 {line}",
        "line": line,
        "as_of": "2020-06-30",
        "opens_on": today - timedelta(days=5),
        "closes_on": today + timedelta(days=30),
        "form": FORM,
        **more,
    }
    id = facade.create(cast.editor, "call", given).id
    facade.act(cast.editor, "call", id, "submit")
    facade.act(cast.publisher, "call", id, "publish")
    return id


def draft(cast: Cast, call_id: int, firm: str = "firm0", **more: Any) -> int:
    """A complete draft."""
    given = {
        "call": call_id,
        "project": "演示车间联网改造",
        "asked": "900000",
        "account": "62220000000000001",
        "contact_name": "王演示",
        "contact_phone": "13800001234",
        "answers": {"goal": "联网率提高"},
        "inputs": {"actual_total_input": "4000000"},
        "cost_items": [{"name": "网关", "amount": "250000.00", "document": "FP-001"}],
        **more,
    }
    return facade.create(cast.people[firm], "application", given).id


def submitted(cast: Cast, call_id: int, firm: str = "firm0", **more: Any) -> int:
    """An application that was handed in."""
    id = draft(cast, call_id, firm, **more)
    facade.act(cast.people[firm], "application", id, "submit")
    return id


def in_review(cast: Cast, call_id: int, firm: str = "firm0", **more: Any) -> int:
    """Experts are drawn."""
    id = submitted(cast, call_id, firm, **more)
    facade.act(cast.acceptance, "application", id, "accept")
    facade.act(cast.acceptance, "application", id, "draw")
    return id


def score_all(cast: Cast, id: int, totals: tuple[int, ...] = (80, 84, 90)) -> None:
    """Every expert drawn hands in."""
    for viewer, total in zip(_drawn(cast, id), totals, strict=False):
        sheet = sheet_of(viewer, id)
        marks = {"技术先进性": 30, "应用效果": 30, "示范意义": 20, "投入合理性": total - 80}
        if total < 80:
            marks = {"技术先进性": total // 4, "应用效果": total // 4, "示范意义": 0, "投入合理性": 0}
        given = {"marks": marks, "opinion": "依据充分", "findings": {"effect": True, "example": total > 70}}
        facade.change(viewer, "score", sheet, given)
        facade.act(viewer, "score", sheet, "give")


def audited(cast: Cast, call_id: int, firm: str = "firm0", base: str = "3000000", **more: Any) -> int:
    """Scored and audited."""
    id = in_review(cast, call_id, firm, **more)
    score_all(cast, id)
    facade.act(cast.acceptance, "application", id, "close_review")
    given = {"audited_base": base, "audit_opinion": "核减发票"}
    facade.act(cast.auditor, "application", id, "report_audit", given=given)
    return id


def noticed(cast: Cast, call_id: int, firm: str = "firm0", proposed: str = "800000", **more: Any) -> int:
    """In public notice."""
    id = audited(cast, call_id, firm, **more)
    facade.act(cast.acceptance, "application", id, "reserve", given={"proposed": proposed})
    facade.act(cast.acceptance, "application", id, "publish")
    return id


def sheet_of(viewer: Viewer, id: int) -> int:
    """The expert's sheet for an application."""
    model: Any = type_of("score").model
    rows = model.objects.filter(application_id=id, person_id=viewer.person).exclude(entry__state="declined")
    return int(rows.get().entry_id)


def _drawn(cast: Cast, id: int) -> list[Viewer]:
    model: Any = type_of("score").model
    people = set(model.objects.filter(application_id=id, entry__state="assigned").values_list("person_id", flat=True))
    return [one for one in cast.experts if one.person in people]


def profile(id: int) -> Any:
    """As the register tells it."""
    return service("registers.profile")(id)


def day(text: str) -> date:
    """A day."""
    return date.fromisoformat(text)
