"""What records refuse, in the reader's language."""

from django.utils.translation import gettext as _

from kandelia.base.errors import KandeliaError
from kandelia.surfaces.web.words import in_both, said, words


def sentence(error: KandeliaError) -> str:
    """What is wrong and how to mend it, in one line."""
    what, mend = told(error)
    return _("%(what)s; %(mend)s") % {"what": what, "mend": mend} if mend else what


def told(error: KandeliaError) -> tuple[str, str]:
    """(what, mend) of an error, in the reader's language where its code is known."""
    if own := in_both(error):
        return own
    kinds = {
        "give a whole number": (_("This is no whole number"), _("give digits only, such as 12")),
        "give a number such as 12.5": (_("This is no number"), _("give a number such as 12.5")),
        "give an amount in yuan such as 1250000.00": (
            _("This is no amount"),
            _("give yuan, such as 1250000 or 1,250,000.50"),
        ),
        "give yes or no": (_("This is neither yes nor no"), _("choose one")),
        "give a day such as 2026-11-24": (_("This is no day"), _("give a day such as 2026-11-24")),
        "give a time such as 2026-11-24 08:30": (_("This is no time"), _("give a time such as 2026-11-24 08:30")),
    }
    known = {
        "missing": (_("Nothing is given"), _("fill this in")),
        "bad-value": kinds.get(error.mend, (error.what, error.mend)),
        "bad-choice": (_("This cannot be chosen"), _("choose from the list")),
        "no-person": (_("There is nobody of this name"), _("give the sign-in name")),
        "changed": (_("Somebody has changed this record meanwhile"), _("look at it again and repeat")),
        "four-eyes": (_("A second person must do this"), _("ask a colleague")),
        "state": (_("This cannot follow the present state"), _("load the page again to see what can")),
        "used": (_("Other records refer to it"), _("remove those first")),
        "bad-cursor": (_("This page of the list is no longer there"), _("start from the first page")),
    }
    return known.get(error.code) or words(error)


def why_not(text: str) -> str:
    """What stands in the way of a step, as the kernel says it, in the reader's language where it is known."""
    known = {
        "your own organisation owns this record": _("Your own organisation owns this record"),
        "you made this record yourself": _("You made this record yourself; somebody else must do this"),
        "you made the step before": _("You made the step before; somebody else must do this"),
    }
    return known.get(text) or said(text)
