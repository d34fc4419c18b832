"""What an installation is born with: its first organisation and its administrator."""

import logging

from django.db import DatabaseError

from kandelia.base.errors import Conflict
from kandelia.base.text import LocalText
from kandelia.boot.settings import Settings
from kandelia.boot.words import ADMINISTRATOR, PASSWORD_SECRET
from kandelia.engines.files.secrets import FileSecrets
from kandelia.kernel.access.contracts import Role
from kandelia.kernel.access.facade import (
    add_organisation,
    add_person,
    has_password,
    list_organisations,
    system_viewer,
)

PASSWORD_LENGTH = 16
log = logging.getLogger("kandelia.boot")


def make_first(settings: Settings) -> bool:
    """Make both where there is no organisation yet; True if something was made.

    The password is made before the person, so a start that is cut off between the two leaves nothing that cannot
    be signed in to.
    """
    if any(organisation.id == settings.organisation for organisation in list_organisations()):
        return False
    password = FileSecrets(settings.secrets_directory).ensure(PASSWORD_SECRET, PASSWORD_LENGTH).decode()
    name = settings.organisation_name
    add_organisation(settings.organisation, LocalText(zh=name, en=name))
    try:
        add_person(system_viewer(settings.organisation), ADMINISTRATOR, password, Role.ADMINISTRATOR, must_change=False)
    except Conflict:  # the person exists in another organisation and keeps the password
        add_person(system_viewer(settings.organisation), ADMINISTRATOR, "", Role.ADMINISTRATOR)
    return True


def forget_changed(settings: Settings) -> None:
    """Remove the file of the first password once the administrator has another: it would mislead whoever reads it."""
    keeper = FileSecrets(settings.secrets_directory)
    first = keeper.get(PASSWORD_SECRET)
    try:
        if first and has_password(ADMINISTRATOR, first.decode()) is False:
            keeper.remove(PASSWORD_SECRET)
    except (DatabaseError, OSError, UnicodeDecodeError):
        log.exception("cannot see whether the first password still holds")
