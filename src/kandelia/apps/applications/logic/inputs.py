"""What the engine is asked: the applicant's figures, what reviewers found, earlier awards, the audited base. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

STATED = ("money", "amounts", "receipts")


def base_of(schema: Mapping[str, Any]) -> str:
    """The input that a rate is taken of: the first that must be given and is an amount; empty where there is none."""
    wanted = (name for name in schema.get("required", ()) if _kind(schema, name) in ("money", "receipts"))
    return next(wanted, "")


def earlier_of(schema: Mapping[str, Any]) -> str:
    """The input that holds earlier awards of the same period; empty where the line asks for none."""
    return next((name for name in schema["properties"] if _kind(schema, name) == "amounts"), "")


def findings_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Points that reviewers find and nobody can compute (A13)."""
    return tuple(name for name in schema["properties"] if _kind(schema, name) == "finding")


def with_findings(given: Mapping[str, Any], found: Mapping[str, bool], schema: Mapping[str, Any]) -> dict[str, Any]:
    """The question with what the reviewers found; an applicant's own word on a finding does not count."""
    points = findings_of(schema)
    own = {name: value for name, value in given.items() if name not in points}
    return {**own, **{name: value for name, value in found.items() if name in points}}


def with_earlier(given: Mapping[str, Any], amounts: list[str], schema: Mapping[str, Any]) -> dict[str, Any]:
    """The question with the awards that stand in the records; what the applicant stated counts where it is more."""
    name = earlier_of(schema)
    if not name:
        return dict(given)
    stated, known = _sum(given.get(name)), _sum(amounts)
    return {**given, name: (amounts or ["0"]) if known >= stated else given[name]}


def with_audited(given: Mapping[str, Any], base: Decimal, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The question with the audited base in place of the claimed one, and marked as audited.

    Receipts become one, on the day of the first: the window that follows begins at the sale and holds them all.
    """
    name = base_of(schema)
    if not name:
        return dict(given)
    if _kind(schema, name) == "receipts":
        days = [one["date"] for one in given.get(name) or ()]
        return {**given, name: [{"date": min(days), "amount": f"{base:f}"}]} if days else dict(given)
    return {**given, name: {"amount": f"{base:f}", "evidence": "audited"}}


def _kind(schema: Mapping[str, Any], name: str) -> str:
    return str(schema["properties"][name].get("x-kind", ""))


def _sum(given: Any) -> Decimal:
    if isinstance(given, Mapping):
        given = given.get("amount")
    rows = given if isinstance(given, list) else [given]
    return sum((Decimal(str(one)) for one in rows if one not in (None, "")), Decimal(0))
