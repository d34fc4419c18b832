"""Promise: each driver's form is readable, and what is filled in are settings that the driver takes."""

from pathlib import Path

import pytest

from kandelia.base.errors import InvalidInput
from kandelia.kernel.connections.grading import driver_names, form_of_driver
from kandelia.kernel.connections.logic.forms import FREE, filled, read_form
from kandelia.kernel.connections.plane.discovery import Drivers


@pytest.mark.parametrize("name", driver_names())
def test_a_form_gives_settings_that_the_driver_takes(name: str, tmp_path: Path) -> None:
    form = form_of_driver(name)
    assert form.protocol and form.settings
    examples = {"endpoint": "opc.tcp://host:4840", "host": "host", "broker": "mqtt://host:1883", "folder": "in"}
    given = {s.key: str(s.default or examples.get(s.key, "")) for s in form.settings}
    Drivers(tmp_path).get(name).configure(_plain(filled(form, given)))
    assert all(s.label.zh and s.label.en for s in form.settings)


def _plain(settings: dict) -> dict:
    """Secrets are handed to the driver by name."""
    return {k: {"secret": "x"} if k == "password" and isinstance(v, str) else v for k, v in settings.items()}


def test_what_is_typed_becomes_what_it_is() -> None:
    form = form_of_driver("modbus")
    assert filled(form, {"host": " meter ", "port": "502", "unit": "3", "timeout_s": "0.5"}) == {
        "host": "meter",
        "unit": 3,
        "timeout_s": 0.5,
    }
    for given, key in (({}, "host"), ({"host": "a", "unit": "three"}, "unit")):
        with pytest.raises(InvalidInput) as caught:
            filled(form, given)
        assert caught.value.where == f"settings.{key}"


def test_a_driver_without_a_form_takes_yaml() -> None:
    form = read_form("x", {"setting": []})
    assert form.protocol == "x" and filled(form, {}) == {}
    free = next(
        (form_of_driver(name) for name in driver_names() if form_of_driver(name).settings[0].kind == FREE), None
    )
    if free is not None:
        assert filled(free, {FREE: "host: a\nport: 1"}) == {"host": "a", "port": 1}
        for wrong in ("{", "- 1", ""):
            with pytest.raises(InvalidInput):
                filled(free, {FREE: wrong})
    with pytest.raises(InvalidInput):
        form_of_driver("nobody")
