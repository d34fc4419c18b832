"""The public door for drivers: what a protocol gives, and what the frame gives it. Loads without Django.

A driver is an object with the attributes of Driver, named in the entry-point group "kandelia.drivers". It only
speaks its protocol and raises when it cannot; everything that is alike for all protocols is the frame's.
Blocking libraries go through `Worker`, which gives each call a hard deadline.
"""

from kandelia.base.errors import InvalidInput, KandeliaError, NotAllowed, NotFound, Unavailable
from kandelia.base.samples import Kind
from kandelia.kernel.connections.drivers import (
    Discovers,
    Driver,
    Found,
    Item,
    KeepsFiles,
    Node,
    ReadsMaps,
    Session,
    Sink,
    Value,
    Writes,
)
from kandelia.kernel.connections.plane.blocking import Worker

__all__ = [
    "Discovers",
    "Driver",
    "Found",
    "InvalidInput",
    "Item",
    "KandeliaError",
    "KeepsFiles",
    "Kind",
    "Node",
    "NotAllowed",
    "NotFound",
    "ReadsMaps",
    "Session",
    "Sink",
    "Unavailable",
    "Value",
    "Worker",
    "Writes",
]
