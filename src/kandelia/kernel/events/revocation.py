"""Says on the bus that a person or token has lost access, so that the live process closes their sockets."""

import logging

from kandelia.base.errors import Unavailable
from kandelia.kernel.access.tickets import REVOKED_SUBJECT
from kandelia.kernel.events.bridge import bus_call
from kandelia.ports.bus import Bus

SAY_TIMEOUT_S = 2.0
log = logging.getLogger("kandelia.events")


def say_revoked(subject: str) -> None:
    """Waits until the bus has it: a command may end right after. Without a bus there is no live socket either."""

    async def publish(bus: Bus) -> None:
        await bus.publish(REVOKED_SUBJECT, subject.encode())

    try:
        bus_call(publish, SAY_TIMEOUT_S)
    except Unavailable as error:
        level = logging.INFO if error.code == "bus-cut" else logging.WARNING
        log.log(level, "could not say that %s has lost access: %s", subject, error)
