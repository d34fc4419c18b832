"""What every driver that speaks through an MQTT broker needs: the broker's settings and a link to it. No Django."""

from kandelia.base.mqtt.packets import Publish, Will
from kandelia.base.mqtt.topics import FilterTree, check_filter, check_name, takes
from kandelia.sdk.mqtt.broker import BROKER_KEYS, Broker, read_broker
from kandelia.sdk.mqtt.link import Link, Receiver, open_link

__all__ = [
    "BROKER_KEYS",
    "Broker",
    "FilterTree",
    "Link",
    "Publish",
    "Receiver",
    "Will",
    "check_filter",
    "check_name",
    "open_link",
    "read_broker",
    "takes",
]
