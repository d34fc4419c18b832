"""What an installation is born with: its first organisation and its administrator."""

from kandelia.base.errors import Conflict
from kandelia.base.text import LocalText
from kandelia.boot.settings import Settings
from kandelia.boot.words import ADMINISTRATOR, PASSWORD_SECRET
from kandelia.engines.files.secrets import FileSecrets
from kandelia.kernel.access.contracts import Role
from kandelia.kernel.access.facade import add_organisation, add_person, list_organisations, system_viewer

PASSWORD_LENGTH = 16


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
