"""Pull requests: many messages for one question, each question with its own end."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from nats.aio.msg import Msg

from kandelia.base.clock import NS_PER_S
from kandelia.base.errors import NotFound, Unavailable
from kandelia.engines.nats.link import Link, cut, status_of
from kandelia.engines.nats.streams import API

FETCH_BYTES_MAX = 48_000_000  # below the server's max_pending, so that a fetch never cuts the link
AT_ONCE_S = 0.1  # without an end a request never returns from a consumer that has too many unacknowledged
ANSWER_S = 5.0  # beyond the time a request may wait at the server


def _at_once(count: int) -> dict[str, Any]:
    return {"batch": count, "no_wait": True, "expires": int(AT_ONCE_S * NS_PER_S), "max_bytes": FETCH_BYTES_MAX}


@dataclass
class Pull:
    """The inbox of one consumer: requests go one after another, messages gather here."""

    link: Link
    stream: str
    consumer: str
    _gathered: list[Msg] = field(default_factory=list)
    _end: "asyncio.Future[Msg] | None" = None
    _wanted: int = 0
    _number: int = 0
    _request: str = ""
    _inbox: str = ""

    async def open(self) -> None:
        """Listen for answers."""
        self._inbox = self.link.inbox()
        self._number = await self.link.listen(f"{self._inbox}.*", self._arrived)

    async def close(self) -> None:
        """Stop listening."""
        await self.link.unlisten(self._number)

    async def fetch(self, count_max: int, wait_s: float) -> list[Msg]:
        """What is there now; where nothing is, the first that comes within `wait_s` and what follows it at once."""
        found = await self._ask(_at_once(count_max), AT_ONCE_S)
        if found or wait_s <= 0:
            return found
        found = await self._ask({"batch": 1, "expires": int(wait_s * NS_PER_S)}, wait_s)
        if found and count_max > 1:
            found += await self._ask(_at_once(count_max - 1), AT_ONCE_S)
        return found

    async def _ask(self, body: dict[str, Any], wait_s: float) -> list[Msg]:
        self._wanted = body["batch"]
        if self._gathered:  # came after the end of an earlier request
            return self._take()
        self._end = end = self.link.expect()
        self._request = f"{self._inbox}.{self.link.inbox().rpartition('.')[2]}"
        try:
            subject = f"{API}.CONSUMER.MSG.NEXT.{self.stream}.{self.consumer}"
            await self.link.send(subject, json.dumps(body).encode(), None, self._request)
            async with asyncio.timeout(wait_s + ANSWER_S):
                last = await end
        except (TimeoutError, Unavailable):
            if self._gathered:
                return self._take()
            raise cut() from None
        finally:
            self._end = None
            self.link.forget(end)
        self._refused(last)
        return self._take()

    def _take(self) -> list[Msg]:
        taken, self._gathered = self._gathered[: self._wanted], self._gathered[self._wanted :]
        return taken

    def _arrived(self, raw: Msg) -> None:
        """Messages keep their own subject, so a late one of an earlier request is welcome; a late end is not."""
        status = status_of(raw)
        if status and not raw.data:
            if status != "100" and raw.subject == self._request:
                self._finish(raw)
            return
        self._gathered.append(raw)
        if len(self._gathered) >= self._wanted:
            self._finish(raw)

    def _finish(self, raw: Msg) -> None:
        if self._end is not None and not self._end.done():
            self._end.set_result(raw)

    def _refused(self, last: Msg) -> None:
        status, said = status_of(last), (last.headers or {}).get("Description", "")
        if self._gathered or not status or last.data:
            return
        if status == "503" or (status == "409" and "Deleted" in said):
            raise NotFound("the consumer is gone", where=f"{self.stream}/{self.consumer}")
        if status == "409" and ("Shutdown" in said or "Leadership" in said):
            raise cut()
