"""What this work refuses, in the reader's language."""

from dataclasses import replace

from django.utils.translation import gettext as _

from kandelia.base.errors import KandeliaError
from kandelia.surfaces.web.fields import Field
from kandelia.surfaces.web.words import in_both, words


def told(error: KandeliaError) -> str:
    """What is wrong and how to mend it, in one line."""
    if own := in_both(error):
        return "; ".join(filter(None, own))
    known = {
        ("missing", "reason"): _("Say why it is taken from them"),
        ("missing", "text"): _("Write something"),
        ("missing", "duties"): _("Choose at least one duty"),
        ("duties", "duties"): _("This is no duty of theirs"),
        ("person", "person"): _("Choose one who may take the next step"),
        ("not-allowed", "person"): _("Somebody has this record; ask a supervisor"),
        ("deputy", "deputy"): _("Choose another person of your organisation"),
        ("away", "deputy"): _("This person is away in those days"),
        ("stands-in", "person"): _("This person stands in for somebody in those days"),
        ("lent", "duties"): _("A duty is lent already in those days; take it back first"),
        ("days", "last_day"): _("The last day must lie after the first, not in the past and within a year"),
        ("email", "email"): _("This is no e-mail address; write it like name@example.cn"),
        ("invalid-day", "first_day"): _("This is no day; write it like 2030-12-31"),
        ("invalid-day", "last_day"): _("This is no day; write it like 2030-12-31"),
        ("person-exists", "sign-in name"): _("Somebody of this name is here already"),
        ("invalid-name", "sign-in name"): _("Use 1 to 150 characters without spaces"),
    }
    if text := known.get((error.code, error.where)):
        return text
    what, mend = words(error)
    return f"{what}; {mend}" if mend else what


def wrong(fields: list[Field], error: KandeliaError, elsewhere: str) -> list[Field]:
    """The fields with the error at the one it names, else at `elsewhere`."""
    names = {field.name for field in fields}
    at = error.where if error.where in names else elsewhere
    text = told(error)
    return [replace(field, error=text, focus=True) if field.name == at else field for field in fields]
