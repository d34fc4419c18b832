"""Promise: a mistake in the settings names file, line and key, and how to mend it."""

from pathlib import Path

import pytest

from kandelia.base.errors import SettingsError
from kandelia.boot.load import load_settings


def write(tmp_path: Path, text: str) -> str:
    file = tmp_path / "site.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


MISTAKES = [
    ('language = "fr"', "line 1: language must be zh or en"),
    ('\nlang = "zh"', 'line 2: lang is not a setting; did you mean "language"?'),
    ('[web]\nhost = "::"\nport = "80"', "line 3: web.port must be a whole number, not '80'"),
    ("[web]\nprot = 80", 'line 2: web.prot is not a setting; did you mean "port"?'),
    ("flush_rows = 80", "line 1: flush_rows is not a setting; it belongs under [history] flush_rows"),
    ("[weeb]\nport = 1", 'line 1: weeb is not a setting; did you mean "web"?'),
    ("[web\n", "line 1: this is not TOML"),
    ("# a word\nweb = 3", "line 2: web is a section, not a value"),
    ("[web]\nport = 99999", "line 2: web.port must be from 0 to 65535"),
    ("[web]\nport = true", "line 2: web.port must be a whole number"),
    ('time_zone = "Asia/Shangai"', "line 1: time_zone names no time zone: 'Asia/Shangai'; like Asia/Shanghai"),
    ('organisation = "A b"', "line 1: organisation"),
    ('organisation = "a.b"', "line 1: organisation cannot hold a dot"),
    ('[bus]\nurls = "nats://x"', "line 2: bus.urls must be a list of texts"),
    ("[bus]\nurls = [1]", "line 2: bus.urls must be a list of texts"),
    ("[history]\nflush_rows = 0", "line 2: history.flush_rows cannot be 0"),
    ("[edge]\nhold_s = -1.5", "line 2: edge.hold_s cannot be below 0"),
    ('[history]\nengine = "iotdb"', "line 2: history.engine names no engine"),
    ('[history.retention_months]\ndefault = "x"', "line 1: history.retention_months must be a table"),
    ("[history.retention_months]\n0 = 1\n256 = 1", "line 3: history.retention_months names no retention class: '256'"),
    ("[history]\nretention_months = {short = 1}", "line 2: history.retention_months names no retention class: 'short'"),
    ("[history.retention_months]\n7 = -1", "line 2: history.retention_months cannot be -1 months"),
    ('[records]\ndatabase = "mysql://x"', "line 2: records.database is no address"),
    ('web.port = "x"', "line 1: web.port must be a whole number"),
]


@pytest.mark.parametrize(("text", "said"), MISTAKES)
def test_mistakes_are_named(tmp_path: Path, text: str, said: str) -> None:
    file = write(tmp_path, text)
    with pytest.raises(SettingsError) as caught:
        load_settings(file, {})
    assert str(caught.value).startswith(f"{file}, ")
    assert said in str(caught.value)
    assert caught.value.mend


ENVIRONMENT = [
    ({"KANDELIA_WEB__PORT": "x"}, "environment: KANDELIA_WEB__PORT must be a number"),
    ({"KANDELIA_WEB__PROT": "1"}, 'KANDELIA_WEB__PROT is not a setting; did you mean "port"?'),
    ({"KANDELIA_WEEB__PORT": "1"}, "KANDELIA_WEEB__PORT names no section; sections: web"),
    ({"KANDELIA_LANGUGE": "zh"}, 'KANDELIA_LANGUGE is not a setting; did you mean "language"?'),
]


@pytest.mark.parametrize(("environment", "said"), ENVIRONMENT)
def test_mistakes_in_the_environment_are_named(tmp_path: Path, environment: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(None, {"KANDELIA_DATA": str(tmp_path), **environment})
    assert said in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        load_settings(str(tmp_path / "none.toml"), {})
    (tmp_path / "latin.toml").write_bytes('name = "é"'.encode("latin-1"))
    with pytest.raises(SettingsError, match="UTF-8"):
        load_settings(str(tmp_path / "latin.toml"), {})


def test_values_come_from_file_and_environment_the_latter_winning(tmp_path: Path) -> None:
    text = """
    language = "en"
    [web]
    port = 9000
    names = ["plant.example"]
    [history.retention_months]
    0 = 12
    [edge]
    hold_s = 30
    """
    environment = {"KANDELIA_WEB__PORT": "9001", "KANDELIA_BUS__URLS": "nats://a:1, nats://b:1"}
    settings = load_settings(write(tmp_path, text), {"KANDELIA_DATA": str(tmp_path), **environment})
    assert (settings.language, settings.web.port, settings.web.names) == ("en", 9001, ("plant.example",))
    assert settings.history.retention_months == {"0": 12}
    assert settings.edge.hold_s == 30.0
    assert settings.bus.urls == ("nats://a:1", "nats://b:1")
    assert settings.directory == tmp_path.resolve()


def test_the_data_directory_may_stand_in_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, 'directory = "here"')
    assert load_settings(file, {}).directory == tmp_path.resolve() / "here"
    assert load_settings(file, {"KANDELIA_DATA": str(tmp_path / "there")}).directory == tmp_path.resolve() / "there"


def test_the_usual_file_lies_in_the_data_directory(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text('language = "en"')
    assert load_settings(None, {"KANDELIA_DATA": str(tmp_path)}).language == "en"
    assert load_settings(None, {"KANDELIA_DATA": str(tmp_path / "none")}).file is None


def test_socket_paths_stay_short(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 90) / ("e" * 90)
    near, far = (load_settings(None, {"KANDELIA_DATA": str(place)}) for place in ("/tmp/x", deep))
    assert near.live_socket == Path("/tmp/x/run/live.sock")
    assert len(str(far.live_socket).encode()) < 108
    other = load_settings(None, {"KANDELIA_DATA": str(deep / "f")})
    assert other.live_socket != far.live_socket
