"""The funding lines and commitments of the measures engine as items of the library. Pure."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from kandelia.apps.policy.contracts import ClauseText, ItemText, ParameterText
from kandelia.base.text import LocalText


def with_lines(clauses: tuple[ClauseText, ...], documents: Mapping[str, Any]) -> tuple[ClauseText, ...]:
    """Each clause with the items of its measure."""
    found: dict[str, list[ItemText]] = {}
    for line in documents["lines"]:
        found.setdefault(line["measure"], []).append(_funding(line))
    for one in documents["commitments"]:
        found.setdefault(one["measure"], []).append(_commitment(one))
    return tuple(
        ClauseText(
            one.label,
            one.place,
            one.heading,
            one.quote,
            one.gloss,
            one.not_given,
            (*one.items, *found.get(one.label, ())),
        )
        for one in clauses
    )


def _funding(line: Mapping[str, Any]) -> ItemText:
    return ItemText(
        key=line["line"],
        title=_local(line["title"]),
        kind="funding",
        subjects=line["who"]["zh"],
        gives=_local(line["gives"]),
        conditions="\n".join(one["text"]["zh"] for one in line["conditions"]),
        line=line["line"],
        since=_day(line["validity"]["from"]),
        until=_day(line["validity"]["to"]),
        parameters=tuple(_parameter(one, value) for one in line["parameters"] for value in one["values"]),
    )


def _commitment(one: Mapping[str, Any]) -> ItemText:
    return ItemText(
        key=one["measure"],
        title=_local(one["title"]),
        kind="right" if one["measure"] in ("M20", "M21") else "task",
        subjects=one["who"],
        gives=_local(one["says"]),
        since=_day(one["validity"]["from"]),
        until=_day(one["validity"]["to"]),
    )


def _parameter(one: Mapping[str, Any], value: Mapping[str, Any]) -> ParameterText:
    return ParameterText(
        name=one["name"],
        value=Decimal(value["value"]),
        unit=one["unit"],
        clause=value["clause"],
        operator="<=",
        wording=value["wording"],
        since=_day(value["from"]),
        until=_day(value["to"]),
    )


def _local(text: Mapping[str, str]) -> LocalText:
    return LocalText(text["zh"], text["en"])


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
