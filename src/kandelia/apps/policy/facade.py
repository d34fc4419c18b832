"""What other rooms, the command line and the demonstration ask of the policy library."""

from datetime import date
from pathlib import Path

from django.db.models import Q

from kandelia.apps.policy.contracts import DocumentText, ItemText, Loaded
from kandelia.apps.policy.loading import Loader
from kandelia.apps.policy.logic.lines import with_lines
from kandelia.apps.policy.logic.reading import read
from kandelia.apps.policy.records.item import PolicyItem
from kandelia.base.errors import NotAllowed
from kandelia.base.text import LocalText
from kandelia.sdk.services import service
from kandelia.sdk.views import Right, Viewer

CONTENT = Path(__file__).parent / "data"
FIRST = ("plan", "measures")


def load(viewer: Viewer, text: str = "", file: str = "") -> Loaded:
    """Bring in a policy file, or the first content where no text is given; needs Right.CONFIGURE or an editor."""
    if not (viewer.may(Right.CONFIGURE) or "editor" in viewer.duties):
        raise NotAllowed("you may not load policies", "policy", "ask an editor", "not-allowed")
    texts = [(text, file)] if text else [((CONTENT / f"{name}.yaml").read_text(), f"{name}.yaml") for name in FIRST]
    loader = Loader(viewer)
    loaded = Loaded(0, 0)
    for one, name in texts:
        loaded = loader.load(_complete(read(one, name)))
    return loaded


def items(day: date, *, kind: str = "") -> tuple[ItemText, ...]:
    """The published items in force on a day."""
    rows = PolicyItem.objects.filter(entry__state="published").order_by("key")
    rows = rows.filter(Q(valid_from=None) | Q(valid_from__lte=day), Q(valid_to=None) | Q(valid_to__gte=day))
    return tuple(_item(row) for row in (rows.filter(kind=kind) if kind else rows))


def _complete(document: DocumentText) -> DocumentText:
    if document.lines != "measures":
        return document
    return DocumentText(document.values, with_lines(document.clauses, service("measures.documents")()), "")


def _item(row: PolicyItem) -> ItemText:
    return ItemText(
        row.key,
        LocalText(row.title, row.title_en),
        row.kind,
        row.subjects,
        LocalText(row.gives, row.gives_en),
        row.conditions,
        row.line,
        row.valid_from,
        row.valid_to,
    )
