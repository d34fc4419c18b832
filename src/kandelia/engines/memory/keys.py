"""Keyed documents within one process."""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from kandelia.base.errors import InvalidInput
from kandelia.ports.bus import Entry

KEY = re.compile(r"[-A-Za-z0-9_]+(\.[-A-Za-z0-9_]+)*\Z")


@dataclass
class MemoryKeyValue:
    """The port `KeyValue`."""

    bucket: str
    _documents: dict[str, Entry] = field(default_factory=dict)
    _revision: int = 0

    def __post_init__(self) -> None:
        self._watchers: set[asyncio.Queue[Entry]] = set()

    async def get(self, key: str) -> Entry | None:
        """The current document, or None."""
        self._check(key)
        return self._documents.get(key)

    async def put(self, key: str, data: bytes) -> int:
        """Store and return its revision."""
        self._check(key)
        entry = self._tell(key, data)
        self._documents[key] = entry
        return entry.revision

    async def delete(self, key: str) -> None:
        """Mark deleted; watchers see data None."""
        self._check(key)
        self._tell(key, None)
        self._documents.pop(key, None)

    async def keys(self) -> Sequence[str]:
        """Keys that hold a document, sorted."""
        return sorted(self._documents)

    async def watch(self) -> AsyncGenerator[Entry | None]:
        """Every current document, then None once, then each change."""
        news: asyncio.Queue[Entry] = asyncio.Queue()
        self._watchers.add(news)
        try:
            for entry in sorted(self._documents.values(), key=lambda entry: entry.revision):
                yield entry
            yield None
            while True:
                yield await news.get()
        finally:
            self._watchers.discard(news)

    def _tell(self, key: str, data: bytes | None) -> Entry:
        self._revision += 1
        entry = Entry(key, data, self._revision)
        for news in self._watchers:
            news.put_nowait(entry)
        return entry

    def _check(self, key: str) -> None:
        if not KEY.match(key):
            raise InvalidInput(
                f'"{key}" cannot be a key', where=self.bucket, mend="use letters, digits, -, _ and single dots"
            )
