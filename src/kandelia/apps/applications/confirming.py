"""免申即享: what the engine proposes becomes an application by the firm's word alone, handed in where nothing lacks."""

from typing import Any

from kandelia.apps.applications import store
from kandelia.apps.applications.facade import open_calls
from kandelia.base.errors import Conflict, InvalidInput, NotFound
from kandelia.base.text import Said
from kandelia.sdk.record_types import facade as records
from kandelia.sdk.services import service
from kandelia.sdk.views import Viewer

OVER = ("withdrawn", "rejected", "lapsed")
KNOWN = ("contact_name", "contact_phone", "account")  # of the firm, from what it handed in before


def confirm(viewer: Viewer, line: str, given: dict[str, Any]) -> str:
    """The address of the application that is made of what was proposed; of its form where something is missing.

    Confirmed twice it leads to the first. NotFound where no call of the line is open.
    """
    calls = open_calls(line)
    if not calls:
        raise NotFound(
            Said(f"目前没有 {line[:20]} 的申报通知", f"no call for {line[:20]} is open now"),
            "line",
            Said("请查看门户上的申报通知", "see the calls on the portal"),
            "no-call",
        )
    rows = store.rows("application").filter(entry__organisation_id=viewer.organisation)
    made = rows.filter(call_id=calls[0].id).exclude(entry__state__in=OVER).order_by("entry_id").last()
    if made is not None:
        return f"/records/application/{made.entry_id}"
    document = service("measures.compute")(line, given, store.call(calls[0].id).as_of).document()
    before = rows.exclude(account="").order_by("entry_id").last()
    values = {name: getattr(before, name) for name in KNOWN} if before else {}
    values |= {"call": calls[0].id, "project": calls[0].title, "asked": document["upper_bound"], "inputs": given}
    id = records.create(viewer, "application", values).id
    return f"/records/application/{id}" if before and _handed_in(viewer, id) else f"/records/application/{id}/edit"


def awarded(viewer: Viewer, line: str) -> bool:
    """Whether the viewer's organisation was awarded something by a line, which money that was recovered is not."""
    rows = store.rows("application").filter(entry__organisation_id=viewer.organisation, line=line, decided__gt=0)
    return bool(rows.exclude(entry__state__in=(*OVER, "recovered")).exists())


def _handed_in(viewer: Viewer, id: int) -> bool:
    try:
        records.act(viewer, "application", id, "submit")
    except (InvalidInput, Conflict):
        return False
    return True
