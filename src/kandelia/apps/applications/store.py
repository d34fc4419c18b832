"""Queries of this room: an application with its call, what was computed and drawn, who applied before, money."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Max, QuerySet, Sum

from kandelia.apps.applications.logic.overlaps import Claim, CostItem
from kandelia.apps.applications.models import Computation, CostRow, Draw, Snapshot
from kandelia.sdk.record_types import type_of

GONE = ("draft", "withdrawn", "rejected", "lapsed")
IN_BUDGET = ("reserved", "publicity", "objection", "noticed", "decided", "paid", "evaluated", "closed", "recovered")
CLAIMS_MAX = 200


def rows(type: str) -> QuerySet[Any]:
    """All rows of one of this room's types, with what a view of one joins."""
    return type_of(type).model.objects.select_related("entry", "entry__organisation")


def new(type: str, **values: Any) -> Any:
    """An unsaved row of one of this room's types."""
    model: Any = type_of(type).model
    return model(**values)


def application(id: int) -> Any:
    """The row of an application."""
    return rows("application").get(entry_id=id)


def call(id: int) -> Any:
    """The row of a call."""
    return rows("call").get(entry_id=id)


def call_of(application_id: int) -> Any:
    """The call that an application answers."""
    return call(type_of("application").model.objects.values_list("call_id", flat=True).get(entry_id=application_id))


def scores_of(application_id: int) -> QuerySet[Any]:
    """Everybody drawn for an application, whatever became of it."""
    return rows("score").filter(application_id=application_id).select_related("reviewer", "person").order_by("entry_id")


def latest_computation(application_id: int) -> Computation | None:
    """The bound that stands."""
    return Computation.objects.filter(application_id=application_id).first()


def latest_computations(ids: Iterable[int]) -> list[Computation]:
    """The bound that stands of each application."""
    latest = Computation.objects.values("application_id").annotate(last=Max("id")).values("last")
    wanted = set(ids)
    return [one for one in Computation.objects.filter(id__in=latest).order_by("id") if one.application_id in wanted]


def latest_snapshot(application_id: int) -> Snapshot | None:
    """What was handed in last."""
    return Snapshot.objects.filter(application_id=application_id).first()


def draws(application_id: int) -> tuple[Draw, ...]:
    """The lot and those who replaced somebody, in order."""
    return tuple(Draw.objects.filter(application_id=application_id))


def applied_before(line: str, but: int) -> tuple[frozenset[str], frozenset[int]]:
    """Credit codes and people (ids) who applied under a line, apart from one application."""
    found = rows("application").filter(line=line).exclude(entry_id=but).exclude(entry__state="draft")
    subjects = found.values_list("entry__created_by", flat=True).distinct()
    people = {int(one.partition(":")[2]) for one in subjects if one.startswith("person:")}
    return frozenset(found.values_list("uscc", flat=True).distinct()), frozenset(people)


def earlier_awards(row: Any, year: int) -> list[str]:
    """What the applicant was awarded under the same line in a calendar year (A7), apart from this application."""
    found = rows("application").filter(applicant_id=row.applicant_id, line=row.line, decided_on__year=year)
    amounts = found.exclude(entry_id=row.entry_id).exclude(decided=None).order_by("entry_id")
    return [f"{amount:f}" for amount in amounts.values_list("decided", flat=True)]


def taken(call_id: int, but: int = 0) -> Decimal:
    """What a call's envelope holds: the decided amount of each, before that the scaled or the proposed one."""
    return sum(amounts_in_budget(call_id, but).values(), Decimal(0))


def amounts_in_budget(call_id: int, but: int = 0) -> dict[int, Decimal]:
    """By application what it takes of the call's envelope."""
    found = rows("application").filter(call_id=call_id, entry__state__in=IN_BUDGET).exclude(entry_id=but)
    listed = found.values_list("entry_id", "decided", "scaled", "proposed")
    chosen = {id: next((one for one in amounts if one is not None), None) for id, *amounts in listed}
    return {id: amount for id, amount in chosen.items() if amount is not None}


def claims_beside(row: Any) -> tuple[Claim, ...]:
    """Other living applications of the same organisation, and whoever states one of its cost items."""
    living = rows("application").exclude(entry__state__in=GONE).exclude(entry_id=row.entry_id)
    keys = list(CostRow.objects.filter(application_id=row.entry_id).values_list("key", flat=True))
    same = CostRow.objects.filter(key__in=keys).exclude(application_id=row.entry_id)
    ids = set(living.filter(applicant_id=row.applicant_id).values_list("entry_id", flat=True)[:CLAIMS_MAX])
    ids |= set(same.values_list("application_id", flat=True)[:CLAIMS_MAX])
    found = living.filter(entry_id__in=ids)
    costs = _costs(ids)
    return tuple(claim_of(one, costs.get(one.entry_id, ())) for one in found)


def claim_of(row: Any, items: Iterable[CostItem]) -> Claim:
    """An application as overlaps see it."""
    return Claim(row.entry_id, row.entry.code, row.project, row.entry.organisation_id, row.line, tuple(items))


def own_claim(row: Any) -> Claim:
    """The application itself."""
    return claim_of(row, _costs({row.entry_id}).get(row.entry_id, ()))


def keep_costs(row: Any, items: Iterable[CostItem]) -> None:
    """The rows of cost beside the form, as it is now."""
    CostRow.objects.filter(application_id=row.entry_id).delete()
    CostRow.objects.bulk_create(
        CostRow(application_id=row.entry_id, key=one.key[:330], name=one.name, amount=one.amount, document=one.document)
        for one in items
    )


def belongs_to(person: int | None, organisation: str) -> bool:
    """Whether somebody who acts for one organisation has a role in another one too."""
    people = get_user_model()._default_manager.filter(pk=person or 0)
    return people.filter(memberships__organisation_id=organisation).exists()


def paid_out(application_id: int) -> Decimal:
    """What was paid and did not come back from the bank."""
    found = rows("payment").filter(application_id=application_id, kind="payment").exclude(entry__state="bounced")
    return Decimal(found.aggregate(total=Sum("amount"))["total"] or 0)


def _costs(ids: set[int]) -> dict[int, list[CostItem]]:
    found: dict[int, list[CostItem]] = {}
    for row in CostRow.objects.filter(application_id__in=ids).order_by("id"):
        found.setdefault(row.application_id, []).append(CostItem(row.name, row.amount, row.document))
    return found
