"""Promise: the file of the first password stays as long as that password holds, and no longer."""

from pathlib import Path

import pytest

from kandelia.boot import first_start
from kandelia.boot.load import load_settings
from kandelia.boot.up import Start
from kandelia.boot.words import ADMINISTRATOR, PASSWORD_SECRET
from kandelia.kernel.access.facade import reset_password, system_viewer

pytestmark = pytest.mark.django_db


def test_the_file_goes_once_the_password_was_changed(tmp_path: Path) -> None:
    settings = load_settings(None, {"KANDELIA_DATA": str(tmp_path)})
    file = settings.secrets_directory / PASSWORD_SECRET
    start = Start(settings)
    start.first = True
    first_start.forget_changed(settings)
    assert first_start.make_first(settings)
    first_start.forget_changed(settings)
    assert start._password_words() == f"{file.read_text()}, kept in {file}"
    reset_password(system_viewer(settings.organisation), ADMINISTRATOR, "seven mangroves at dusk")
    first_start.forget_changed(settings)
    assert not file.exists() and start._password_words() == "as you set it"


def test_a_file_that_is_there_before_the_person_stays(tmp_path: Path) -> None:
    settings = load_settings(None, {"KANDELIA_DATA": str(tmp_path)})
    settings.secrets_directory.mkdir()
    file = settings.secrets_directory / PASSWORD_SECRET
    file.write_text("made before the person")
    first_start.forget_changed(settings)
    assert file.exists()
