"""A device on Eclipse paho: sends steps on topics, obeys what is sent to it. `python -m tests.peers.mqtt_device`."""

import argparse
import json
import time
from typing import Any

import paho.mqtt.client as paho

TOPICS = 3


def obey(client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
    """A new set point is told at once."""
    told = json.loads(message.payload)
    client.publish("plant/set", json.dumps({"t": time.time_ns() // 1_000_000, "v": told["v"]}), 1)


def main() -> None:
    """Until killed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--period-ms", type=int, default=50)
    options = parser.parse_args()
    client = paho.Client(paho.CallbackAPIVersion.VERSION2)
    client.on_message = obey
    client.connect("127.0.0.1", options.port)
    client.subscribe("plant/set/cmd", 1)
    client.loop_start()
    print("ready", flush=True)
    number = 0
    while True:
        number += 1
        payload = json.dumps({"t": time.time_ns() // 1_000_000, "v": float(number)})
        for topic in range(1, TOPICS + 1):
            client.publish(f"plant/s{topic}", payload, 1)
        time.sleep(options.period_ms / 1_000)


if __name__ == "__main__":
    main()
