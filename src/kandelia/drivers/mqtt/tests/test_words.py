"""Promise: a wrong setting is named by its key and how to mend it; addresses say which topic and value they mean."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from kandelia.base.errors import InvalidInput
from kandelia.drivers.mqtt.driver import driver
from kandelia.drivers.mqtt.rules import Rules

BROKER = {"broker": "mqtt://127.0.0.1:1883"}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "settings.broker"),
    ({"broker": "http://x"}, "settings.broker"),
    ({"broker": "mqtt://u:p@x"}, "settings.broker"),
    ({**BROKER, "port": 1}, "settings.port"),
    ({**BROKER, "version": "3.1"}, "settings.version"),
    ({**BROKER, "user": "a", "password": "plain"}, "settings.password"),
    ({**BROKER, "password": {"secret": "n"}}, "settings.user"),
    ({"broker": "mqtt://10.0.0.1", "user": "a", "password": {"secret": "n"}}, "settings.plain_password"),
    ({**BROKER, "authority": "-----BEGIN"}, "settings.authority"),
    ({**BROKER, "alive_s": 0}, "settings.alive_s"),
    ({**BROKER, "qos": 2}, "settings.qos"),
    ({**BROKER, "retained": "yes"}, "settings.retained"),
    ({**BROKER, "browse": ["a/#/b"]}, "settings.browse"),
    ({**BROKER, "topics": {}}, "settings.topics"),
    ({**BROKER, "topics": [{}]}, "settings.topics[0].topic"),
    ({**BROKER, "topics": [{"topic": "a/+"}]}, "settings.topics[0].topic"),
    ({**BROKER, "topics": [{"topic": "a", "value": "x"}]}, "settings.topics[0].value"),
    ({**BROKER, "topics": [{"topic": "a", "time_format": "h"}]}, "settings.topics[0].time_format"),
    ({**BROKER, "topics": [{"topic": "a/{b}", "address": "{c}"}]}, "settings.topics[0].address"),
    ({**BROKER, "topics": [{"topic": "a", "value": "/{b}"}]}, "settings.topics[0].address"),
    ({**BROKER, "topics": [{"topic": "a", "write_topic": "b/{c}"}]}, "settings.topics[0].write_topic"),
    ({**BROKER, "topics": [{"topic": "a", "values": "/b"}]}, "settings.topics[0].values"),
]


@pytest.mark.parametrize(("settings", "key"), WRONG)
def test_wrong_settings_name_their_key(settings: dict[str, Any], key: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        driver.configure(settings)
    assert raised.value.where == key and raised.value.mend


def test_the_sample_is_valid() -> None:
    sample = yaml.safe_load((Path(__file__).parents[1] / "sample.yaml").read_text())
    config = driver.configure(sample["connections"][0]["settings"])
    assert config.broker.tls and len(config.rules) == 2


def test_addresses_name_topic_and_value() -> None:
    rules = Rules(
        driver.configure(
            {
                **BROKER,
                "topics": [
                    {"topic": "p/{line}/{m}/d", "address": "{line}.{m}.{tag}", "value": "/v/[n={tag}]/x~1y"},
                    {"topic": "z/{device}", "value": "/t"},
                    {"topic": "t/{device}", "format": "text"},
                ],
            }
        ).rules
    )
    place = rules.place("l 1.炉.a~/b".replace("/", "÷"))
    assert place.topic == "p/l 1/炉/d" and place.parts["tag"] == "a~÷b"
    assert rules.place("z/lamp").pointer == ("t",)
    assert rules.place("z/lamp#/u/0").pointer == ("u", "0")
    assert rules.place("t/x").pointer is None and rules.place("free/topic").pointer is None
    for wrong in ("", "a/+", "#", "a#b", "a#" + "/x" * 50, "a" * 5_000, "a\0#/b/[" + "x" * 3_000):
        with pytest.raises(InvalidInput):
            rules.place(wrong)
