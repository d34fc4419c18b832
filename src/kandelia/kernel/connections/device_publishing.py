"""The service that tells the data plane which devices may enter."""

from functools import partial

from kandelia.base.errors import Unavailable
from kandelia.kernel.access import facade as access
from kandelia.kernel.access.identities import DEVICES_BUCKET, encode_grant
from kandelia.kernel.events import bridge
from kandelia.kernel.jobs.contracts import ServiceContext
from kandelia.ports.bus import Bus

POLL_S = 1.0
COMPARE_POLLS = 60  # with what the bus holds, which may have been lost; and at each start
TROUBLE = "devices-bus-away"


def publish_devices(context: ServiceContext) -> None:
    """Until the role stops: each identity by its key, those that have ended removed."""
    passes = 0
    mark: tuple[int, object] = (-1, None)
    while not context.stopping:
        now = access.grants_mark()
        try:
            if now != mark or passes % COMPARE_POLLS == 0:
                bridge.bus_call(partial(_bring, wanted()), 60)
                mark = now
            passes += 1
            context.troubles.mended(TROUBLE)
        except Unavailable as error:
            passes = 0
            context.troubles.trouble(TROUBLE, f"changed devices do not reach the data plane: {error.what}", error.mend)
        context.wait(POLL_S)


def wanted() -> dict[str, bytes]:
    """What the bucket should hold."""
    return {grant.key: encode_grant(grant) for grant in access.grants()}


async def _bring(documents: dict[str, bytes], bus: Bus) -> None:
    bucket = await bus.key_value(DEVICES_BUCKET)
    held = {key: await bucket.get(key) for key in await bucket.keys()}
    for key, data in documents.items():
        entry = held.pop(key, None)
        if entry is None or entry.data != data:
            await bucket.put(key, data)
    for key in held:
        await bucket.delete(key)
