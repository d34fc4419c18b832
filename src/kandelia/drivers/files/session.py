"""The session that the frame holds: a folder that is watched and collected, or a file that is replayed as if live."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from kandelia.drivers.files.config import FilesConfig
from kandelia.drivers.files.folders import Folder, Stamp
from kandelia.drivers.files.reading import MEND, Rows, check_address, look, names_of, read_rows
from kandelia.sdk.drivers import InvalidInput, Item, KandeliaError, Kind, Node, NotFound, Sink, Unavailable

NS_PER_S = 1_000_000_000
CHUNK_ROWS = 5_000
CHUNK_PAUSE_S = 0.05  # 100,000 rows a second at most: the edge hands on, it does not hold
REPLAY_TICK_S = 0.1
REPLAY_ROWS_MAX = 5_000_000
KINDS = {"float": Kind.FLOAT, "integer": Kind.INTEGER, "boolean": Kind.BOOLEAN, "text": Kind.TEXT, "empty": Kind.FLOAT}


class FilesSession:
    """Guarantee: a file that cannot be read is told with its reason and line; the others go on."""

    def __init__(self, config: FilesConfig, folder: Folder) -> None:
        self._config, self._folder = config, folder
        self._items: list[Item] = []
        self._sink: Sink | None = None
        self._lost: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._told: set[Stamp] = set()

    async def collect(self, items: Sequence[Item], sink: Sink) -> Mapping[int, str]:
        """See `Session.collect`."""
        known = await self._known()
        refused: dict[int, str] = {}
        for item in items:
            try:
                check_address(item.address)
                if known and item.address not in known:
                    what = f'the newest file has no "{item.address}"'
                    raise InvalidInput(what, mend=f"it has {', '.join(list(known)[:20])}")
            except InvalidInput as error:
                refused[item.number] = str(error)
        self._items = [item for item in items if item.number not in refused]
        self._sink = sink
        sink.alive()
        self._changed.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return refused

    async def wait_lost(self) -> str:
        """See `Session.wait_lost`."""
        return await asyncio.shield(self._lost)

    async def browse(self, address: str) -> Sequence[Node]:
        """See `Session.browse`: files, then what they hold."""
        if not address:
            stamps = await asyncio.to_thread(self._folder.files)
            return [Node(f"file:{name}", name, True) for name, _, _ in stamps[-200:]]
        if not address.startswith("file:"):
            raise InvalidInput("this is no file", where=address[:80], mend=MEND, code="invalid-address")
        stamps = await asyncio.to_thread(self._folder.files)
        stamp = next((one for one in stamps if f"file:{one[0]}" == address), None)
        if stamp is None:
            raise NotFound("there is no such file", where=address[:80], mend="browse again", code="not-found")
        found = await asyncio.to_thread(look, self._folder.path / stamp[0])
        units = {column.name: column.unit for column in found.columns}
        return [
            Node(name, name, False, KINDS.get(kind, Kind.FLOAT), details={"unit": units.get(name, "")})
            for name, kind in names_of(found).items()
        ]

    async def close(self) -> None:
        """See `Session.close`."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if not self._lost.done():
            self._lost.set_result("closed")

    async def _known(self) -> dict[str, str]:
        """Names in the newest file; none while there is no file, or none that can be read."""
        stamps = await asyncio.to_thread(self._folder.files)
        if not stamps:
            return {}
        try:
            return names_of(await asyncio.to_thread(look, self._folder.path / stamps[-1][0]))
        except (KandeliaError, OSError):
            return {}

    async def _run(self) -> None:
        try:
            await (self._replay() if self._config.mode == "replay" else self._watch())
        except Unavailable as error:
            self._end(str(error))
        except OSError as error:
            self._end(f"{self._folder.path}: {error.strerror or error}")

    def _end(self, reason: str) -> None:
        if not self._lost.done():
            self._lost.set_result(reason)

    async def _watch(self) -> None:
        """New files, each once it has not changed for a while."""
        while True:
            for stamp in await asyncio.to_thread(self._folder.fresh):
                settled = time.time_ns() - stamp[2] >= self._config.settle_s * NS_PER_S
                if settled and stamp not in self._told:
                    await self._take(stamp)
            if self._sink is not None:
                self._sink.alive()
            await asyncio.sleep(self._config.look_s)

    async def _take(self, stamp: Stamp) -> None:
        """One file to its end; one that cannot be read is told once, and looked at again when it has changed."""
        faults: list[str] = []
        rows = read_rows(self._folder.path / stamp[0], self._config, tuple(self._items), faults)
        try:
            while (part := await asyncio.to_thread(next, rows, None)) is not None:
                await self._hand_on(part)
                self._tell(faults)
        except KandeliaError as error:
            self._told.add(stamp)
            self._tell([f"{stamp[0]}: {error}"])
            return
        await asyncio.to_thread(self._folder.done, stamp)

    async def _hand_on(self, rows: Rows) -> None:
        for start in range(0, len(rows.values), CHUNK_ROWS):
            part = slice(start, start + CHUNK_ROWS)
            if self._sink is not None:
                self._sink.add(rows.numbers[part], rows.times_ns[part], rows.qualities[part], rows.values[part])
            await asyncio.sleep(CHUNK_PAUSE_S)

    def _tell(self, faults: list[str]) -> None:
        for fault in faults:
            if self._sink is not None:
                self._sink.fault(fault)
        faults.clear()

    async def _replay(self) -> None:
        """The newest file over and over (or once), row by row at its own pace times `speed`."""
        while True:
            self._changed.clear()
            rows = await self._whole()
            played = asyncio.create_task(self._play(rows)) if rows is not None and len(rows.values) else None
            changed = asyncio.create_task(self._changed.wait())
            try:
                waiting = [changed] if played is None else [played, changed]
                timeout = None if played is not None else self._config.look_s
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED, timeout=timeout)
                if played is not None and played.done():
                    played.result()
                    if not self._config.loop:
                        await changed
            finally:
                for task in (played, changed):
                    if task is not None:
                        task.cancel()
                await asyncio.gather(*filter(None, (played, changed)), return_exceptions=True)

    async def _whole(self) -> Rows | None:
        stamps = await asyncio.to_thread(self._folder.files)
        if not stamps:
            return None
        faults: list[str] = []
        path = self._folder.path / stamps[-1][0]
        try:
            rows = await asyncio.to_thread(_all_rows, path, self._config, tuple(self._items), faults)
        except KandeliaError as error:
            self._tell([f"{path.name}: {error}"])
            return None
        self._tell(faults)
        return rows

    async def _play(self, rows: Rows) -> None:
        """One pass; times are shifted so that the first row is of now, unless the settings say otherwise."""
        began_s, began_ns = time.monotonic(), time.time_ns()
        offsets = ((rows.times_ns - rows.times_ns[0]) / self._config.speed).astype(np.int64)
        times_ns = began_ns + offsets if self._config.shift else rows.times_ns
        place = 0
        while place < len(offsets):
            await asyncio.sleep(REPLAY_TICK_S)
            upto = int(np.searchsorted(offsets, (time.monotonic() - began_s) * NS_PER_S, side="right"))
            await asyncio.to_thread(self._folder.files)  # a folder that is gone ends the session
            if self._sink is not None and upto > place:
                part = slice(place, upto)
                self._sink.add(rows.numbers[part], times_ns[part], rows.qualities[part], rows.values[part])
            elif self._sink is not None:
                self._sink.alive()
            place = max(place, upto)


def _all_rows(path: Path, config: FilesConfig, items: Sequence[Item], faults: list[str]) -> Rows:
    """A whole file by time. InvalidInput beyond REPLAY_ROWS_MAX."""
    parts: list[Rows] = []
    count = 0
    for part in read_rows(path, config, items, faults):
        parts.append(part)
        count += len(part.values)
        if count > REPLAY_ROWS_MAX:
            raise InvalidInput(f"more than {REPLAY_ROWS_MAX} values", mend="replay a shorter file", code="too-large")
    if not parts:
        return Rows(np.zeros(0, np.uint32), np.zeros(0, np.int64), np.zeros(0, np.uint16), [])
    times_ns = np.concatenate([part.times_ns for part in parts])
    order = np.argsort(times_ns, kind="stable")
    values = [value for part in parts for value in part.values]
    return Rows(
        np.concatenate([part.numbers for part in parts])[order],
        times_ns[order],
        np.concatenate([part.qualities for part in parts])[order],
        [values[place] for place in order.tolist()],
    )
