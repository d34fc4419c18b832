"""Forms that follow from the call: its own, the figures of its line, the costs. Asked by the record screens."""

from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import Any

from kandelia.apps.applications import store
from kandelia.apps.applications.logic.sheet import COSTS
from kandelia.apps.applications.logic.sheet import figures as figures_of
from kandelia.base.errors import NotFound
from kandelia.sdk.services import service


def costs(typed: Mapping[str, str]) -> dict[str, Any]:
    """Rows of cost."""
    return COSTS


def figures(typed: Mapping[str, str]) -> dict[str, Any] | None:
    """The figures of the call's line; without a call those that are named, None before one is chosen."""
    call = _call(typed)
    if call is not None:
        with suppress(NotFound):  # a line that the set in use no longer has: what was answered is still shown
            return figures_of(service("measures.schema")(call.line))
    named = {key.partition("/")[2] for key in typed if key.startswith("inputs/")}
    known = {name: one for name, one in _all_figures().items() if name in named}
    return {"properties": known} if known else None


def answers(typed: Mapping[str, str]) -> dict[str, Any] | None:
    """The form of the call; what must be filled in is asked when it is handed in, so that drafts can wait."""
    call = _call(typed)
    return {**call.form, "required": []} if call and call.form else ({"properties": {}} if call else None)


@cache
def _all_figures() -> dict[str, Any]:
    """By name over all lines: a name says the same everywhere."""
    lines = [one["line"] for one in service("measures.documents")()["lines"]]
    sheets = (figures_of(service("measures.schema")(line)) for line in lines)
    return {name: one for sheet in sheets for name, one in sheet["properties"].items()}


def _call(typed: Mapping[str, str]) -> Any:
    text = typed.get("call", "")
    return store.rows("call").filter(entry_id=int(text)).first() if text.isdigit() else None
