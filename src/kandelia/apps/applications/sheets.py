"""Forms that follow from the call: its own, the figures of its line, the costs. Asked by the record screens."""

from collections.abc import Mapping
from typing import Any

from kandelia.apps.applications import store
from kandelia.apps.applications.logic.sheet import COSTS
from kandelia.apps.applications.logic.sheet import figures as figures_of
from kandelia.sdk.services import service


def costs(typed: Mapping[str, str]) -> dict[str, Any]:
    """Rows of cost."""
    return COSTS


def figures(typed: Mapping[str, str]) -> dict[str, Any] | None:
    """The figures of the call's line; None before a call is chosen."""
    call = _call(typed)
    return figures_of(service("measures.schema")(call.line)) if call else None


def answers(typed: Mapping[str, str]) -> dict[str, Any] | None:
    """The form of the call; what must be filled in is asked when it is handed in, so that drafts can wait."""
    call = _call(typed)
    return {**call.form, "required": []} if call and call.form else ({"properties": {}} if call else None)


def _call(typed: Mapping[str, str]) -> Any:
    text = typed.get("call", "")
    return store.rows("call").filter(entry_id=int(text)).first() if text.isdigit() else None
