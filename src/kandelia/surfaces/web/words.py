"""Errors of the rooms below in the reader's language, by their stable code."""

import re

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from kandelia.base.errors import KandeliaError
from kandelia.base.text import Said


def words(error: KandeliaError) -> tuple[str, str]:
    """(what, mend) in the reader's language; as the room said it where it knows both, or we have no words for the
    code."""
    if own := in_both(error):
        return own
    seconds = re.search(r"\d+", error.mend)
    known = {
        "sign-in-refused": (_("Name or password is wrong"), _("check both and try again")),
        "sign-in-blocked": (
            _("Too many failed sign-ins"),
            _("try again in %(n)s seconds") % {"n": seconds.group() if seconds else "60"},
        ),
        "wrong-password": (_("This is not your password"), _("type the one you signed in with")),
        "same-password": (_("This is the old password"), _("choose another one")),
        "wrong-code": (_("This is not the code"), _("wait for the next one and type it at once")),
        "code-late": (_("The time for the code is over"), _("sign in again")),
        "factor-exists": (_("Codes are asked of you already"), _("take the old authenticator away first")),
        "provider-refused": (_("You cannot sign in this way"), _("ask an administrator to let you in")),
        "provider-away": (_("The sign-in service gives no valid answer"), _("try again, or use name and password")),
        "second-factor": (_("Your role asks for a second factor"), _("sign in and set one up")),
        "device-exists": (_("A device of this name exists"), _("choose another name, or end it first")),
        "certificate-exists": (_("A device has this certificate"), _("give it another one")),
        "fingerprint": (
            _("This is no certificate"),
            _("give the SHA-256 fingerprint (64 hexadecimal digits) or the certificate as PEM"),
        ),
        "filters": (_("These are no topic filters"), _("write one a line, like plant/line1/#")),
        "token-exists": (_("A token of this name exists"), _("choose another name, or revoke it first")),
        "too-many-tokens": (_("There are too many tokens"), _("revoke some first")),
        "invalid-name": (_("A name is needed"), _("use 1 to 120 characters")),
        "expired": (_("It would have expired already"), _("choose a later day")),
        "token-unknown": (_("There is no such token"), _("it may have been revoked already")),
        "organisation-unknown": (_("This is no organisation of yours"), _("choose one from the list")),
        "not-allowed": (_("Your role does not allow this"), _("ask an administrator of your organisation")),
        "bus-away": (_("The message bus is away"), _("try again shortly; the status page says more")),
        "bus-cut": (_("The message bus is away"), _("try again shortly; the status page says more")),
    }
    return known.get(error.code, (error.what, error.mend))


def in_both(error: KandeliaError) -> tuple[str, str] | None:
    """(what, mend) of an error that its room has said in both languages, in the reader's; None for others."""
    return (said(error.what), said(error.mend)) if isinstance(error.what, Said) else None


def said(text: str) -> str:
    """A sentence in the reader's language, where it is known in both."""
    return text.say(get_language() or "zh") if isinstance(text, Said) else text
