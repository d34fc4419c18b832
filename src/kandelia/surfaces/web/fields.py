"""Fields of our few hand-made forms, with the error beside each and listed on top."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from kandelia.base.errors import KandeliaError
from kandelia.surfaces.web.words import words


@dataclass(frozen=True, slots=True)
class Field:
    """One field; `choices` makes it a list of (value, label)."""

    name: str
    label: str
    kind: str = "text"
    value: str = ""
    help: str = ""
    error: str = ""
    required: bool = True
    autocomplete: str = "off"
    choices: tuple[tuple[str, str], ...] = ()
    focus: bool = False


def with_error(fields: Iterable[Field], error: KandeliaError, elsewhere: str = "") -> list[Field]:
    """The fields with the error at the one it names, else at `elsewhere`; that field gets the cursor."""
    fields = list(fields)
    names = {field.name for field in fields}
    at = error.where if error.where in names else elsewhere
    text = sentence(error)
    return [
        replace(field, error=text, focus=True) if field.name == at else replace(field, focus=False) for field in fields
    ]


def sentence(error: KandeliaError) -> str:
    """What is wrong and how to mend it, in one line of the reader's language."""
    what, mend = words(error)
    return _("%(what)s; %(mend)s") % {"what": what, "mend": mend} if mend else what
