"""Keyed documents in a JetStream bucket (nats-server ADR-8). nats-py's watcher ends at a reconnect; this one stays."""

import json
import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from kandelia.base.errors import InvalidInput, NotFound
from kandelia.engines.nats.consumer import Follower
from kandelia.engines.nats.link import Link, status_of
from kandelia.engines.nats.streams import API_S, error_of
from kandelia.ports.bus import Entry, Message

KEY = re.compile(r"[-A-Za-z0-9_]+(\.[-A-Za-z0-9_]+)*\Z")
OPERATION = "KV-Operation"


@dataclass
class NatsKeyValue:
    """The port `KeyValue` on the stream `KV_<bucket>`."""

    link: Link
    bucket: str

    async def get(self, key: str) -> Entry | None:
        """The current document, or None."""
        subject = self._subject(key)
        answer = await self.link.ask(f"$JS.API.DIRECT.GET.KV_{self.bucket}.{subject}", b"", None, API_S)
        headers = answer.headers or {}
        if status_of(answer) == "404" or headers.get(OPERATION):
            return None
        if status_of(answer) == "503":
            raise NotFound(f'no bucket "{self.bucket}"')
        return Entry(key, answer.data, int(headers["Nats-Sequence"]))

    async def put(self, key: str, data: bytes) -> int:
        """Store and return its revision once on disk."""
        return await self._write(key, data, {})

    async def delete(self, key: str) -> None:
        """Mark deleted; watchers see data None."""
        await self._write(key, b"", {OPERATION: "DEL"})

    async def keys(self) -> Sequence[str]:
        """Keys that hold a document, sorted."""
        found: list[str] = []
        async with aclosing(self._follow(False)) as entries:
            async for entry in entries:
                if entry is None:
                    break
                if entry.data is not None:
                    found.append(entry.key)
        return sorted(found)

    async def watch(self) -> AsyncGenerator[Entry | None]:
        """Every current document, then None once, then each change; over reconnects and server restarts."""
        complete = False
        async with aclosing(self._follow(True)) as entries:
            async for entry in entries:
                if entry is None:
                    if not complete:
                        complete = True
                        yield None
                elif complete or entry.data is not None:
                    yield entry

    async def _follow(self, forever: bool) -> AsyncGenerator[Entry | None]:
        follower = Follower(self.link, f"KV_{self.bucket}", ">")
        async with aclosing(follower.run(forever)) as messages:
            async for message in messages:
                yield None if message is None else self._entry(message)

    def _entry(self, message: Message) -> Entry:
        key = message.subject.removeprefix(f"$KV.{self.bucket}.")
        deleted = message.headers.get(OPERATION) in ("DEL", "PURGE")
        return Entry(key, None if deleted else message.data, message.sequence)

    async def _write(self, key: str, data: bytes, headers: dict[str, str]) -> int:
        answer = await self.link.ask(self._subject(key), data, headers, API_S)
        if status_of(answer) == "503":
            raise NotFound(f'no bucket "{self.bucket}"')
        said = json.loads(answer.data)
        if "error" in said:
            raise error_of(said["error"], key)
        return int(said["seq"])

    def _subject(self, key: str) -> str:
        if not KEY.match(key):
            raise InvalidInput(
                f'"{key}" cannot be a key', where=self.bucket, mend="use letters, digits, -, _ and single dots"
            )
        return f"$KV.{self.bucket}.{key}"
