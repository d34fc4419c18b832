"""Promise: a wrong setting is named by its key and how to mend it; addresses and topics say whom they mean."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from kandelia.base.errors import InvalidInput
from kandelia.drivers.sparkplug.driver import driver
from kandelia.drivers.sparkplug.names import NodeId, read_address, read_topic

BROKER = {"broker": "mqtt://127.0.0.1:1883"}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "settings.broker"),
    ({**BROKER, "host": "x"}, "settings.host"),
    ({**BROKER, "client_id": "x"}, "settings.client_id"),
    ({**BROKER, "host_id": "a/b"}, "settings.host_id"),
    ({**BROKER, "host_id": ""}, "settings.host_id"),
    ({**BROKER, "groups": {"a": 1}}, "settings.groups"),
    ({**BROKER, "groups": ["a", "b+"]}, "settings.groups"),
    ({**BROKER, "reorder_s": 0}, "settings.reorder_s"),
    ({**BROKER, "rebirth_s": True}, "settings.rebirth_s"),
    ({**BROKER, "user": "a", "password": "plain"}, "settings.password"),
]


@pytest.mark.parametrize(("settings", "key"), WRONG)
def test_wrong_settings_name_their_key(settings: dict[str, Any], key: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        driver.configure(settings)
    assert raised.value.where == key and raised.value.mend


def test_the_sample_is_valid() -> None:
    sample = yaml.safe_load((Path(__file__).parents[1] / "sample.yaml").read_text())
    assert driver.configure(sample["connections"][0]["settings"]).groups == ("My MQTT Group", "车间")


def test_addresses() -> None:
    name = read_address("My Group/节点 1/dev#In/Temp #1")
    assert (name.id, name.device, name.metric) == (NodeId("My Group", "节点 1"), "dev", "In/Temp #1")
    assert read_address("g/n#m").device == "" and str(name) == "My Group/节点 1/dev#In/Temp #1"
    for wrong in ("", "g/n", "g#m", "g/n#", "g//d#m", "a/b/c/d#m", "g/+#m", "g/n#" + "m" * 5_000):
        with pytest.raises(InvalidInput):
            read_address(wrong)


def test_topics() -> None:
    assert read_topic("spBv1.0/G 1/NBIRTH/N") is not None
    for none in (
        "spBv1.0/STATE/h",
        "spBv1.0/G/DDATA/N",
        "spBv1.0/G/NDATA/N/D",
        "spAv1.0/G/NDATA/N",
        "spBv1.0/G/NCMD/N",
    ):
        assert read_topic(none) is None
