"""Retained messages on disk, so that a restart of the listener does not take them. Sessions are not kept."""

import logging
import os
from pathlib import Path

import msgspec

from kandelia.base.mqtt.packets import BadPacket, Publish
from kandelia.base.mqtt.topics import check_name
from kandelia.surfaces.mqtt.space import Space

log = logging.getLogger("kandelia.mqtt")


class Kept(msgspec.Struct):
    """One file: (topic, payload, QoS) of each."""

    organisation: str
    messages: list[tuple[str, bytes, int]]


def load(directory: Path) -> list[Space]:
    """The spaces that were kept; a damaged file counts as none and is said in the log."""
    spaces = []
    for file in sorted(directory.glob("*.retained")):
        try:
            kept = msgspec.msgpack.decode(file.read_bytes(), type=Kept)
            space = Space(kept.organisation)
            for topic, payload, qos in kept.messages:
                check_name(topic)
                space.publish(Publish(topic, payload, min(max(qos, 0), 2), retain=True))
        except (msgspec.MsgspecError, OSError, BadPacket) as error:
            log.error("%s: retained messages cannot be read: %s", file, error)
            continue
        space.changed, space.messages = False, 0
        spaces.append(space)
    return spaces


def encode(space: Space) -> bytes:
    """What `write` writes; quick, for the loop's thread."""
    messages = [(message.topic, message.payload, message.qos) for message in space.retained.values()]
    return msgspec.msgpack.encode(Kept(space.organisation, messages))


def write(directory: Path, organisation: str, data: bytes) -> None:
    """To the disk (blocks)."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = directory / f"{organisation}.retained"
    fresh = file.with_suffix(".new")
    with fresh.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(file)
