"""The asking side of exports: one message, one Standing."""

import msgspec

from kandelia.base.errors import Unavailable
from kandelia.kernel.signals.plane.wire import ANSWER_HEADER, REFUSAL, error_of
from kandelia.kernel.transfers.contracts import Standing
from kandelia.ports.bus import Bus

ASK_TIMEOUT_S = 5.0


async def asked(bus: Bus, subject: str, data: bytes, id: str) -> Standing:
    """How the export stands. Unavailable where nobody writes it; what the history role refuses is raised."""
    message = await bus.request(subject, data, timeout_s=ASK_TIMEOUT_S)
    if message.headers.get(ANSWER_HEADER) == REFUSAL:
        raise error_of(message.data)
    try:
        standing = msgspec.json.decode(message.data, type=Standing)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Unavailable("the answer of the history role cannot be understood", code="bad-answer") from error
    if standing.state == "failed" or standing.id != id:
        raise Unavailable(standing.error or "the history role speaks of another export", "export", "see its log")
    return standing
