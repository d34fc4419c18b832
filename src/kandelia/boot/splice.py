"""Joins a browser's connection to the live process, byte for byte, with back-pressure both ways."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

OPEN_WAIT_S = 3.0
WAITING_BYTES_MAX = 65_536  # from the browser before the live process is reached


class Splice(asyncio.Protocol):
    """The far side. `start` is what the browser has sent so far; `away` is called when there is no live process."""

    def __init__(self, near: asyncio.Transport, start: bytes, away: Callable[[], None]) -> None:
        self._near = near
        self._waiting = start
        self._away = away
        self._far: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._near_paused = False
        self._closed = False

    def open(self, connect: Callable[["Splice"], Awaitable[object]]) -> None:
        """Reach the live process; the browser is not read meanwhile."""
        self._hold_near()
        self._task = asyncio.get_running_loop().create_task(self._open(connect))

    async def _open(self, connect: Callable[["Splice"], Awaitable[object]]) -> None:
        try:
            async with asyncio.timeout(OPEN_WAIT_S):
                await connect(self)
        except (OSError, TimeoutError):
            if not self._closed:
                self._away()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The live process answers: what waited goes first."""
        self._far = transport  # type: ignore[assignment]
        if self._closed:
            transport.close()
            return
        waiting, self._waiting = self._waiting, b""
        self._far.write(waiting)  # type: ignore[union-attr]
        self._free_near()

    def data_received(self, data: bytes) -> None:
        """Live to browser."""
        self._near.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """The live process is gone, or has closed this socket."""
        self._far = None
        self._near.close()

    def write(self, data: bytes) -> None:
        """Browser to live."""
        if self._far is not None:
            self._far.write(data)
        elif len(self._waiting) + len(data) <= WAITING_BYTES_MAX:
            self._waiting += data
        else:
            self._near.close()

    def pause_writing(self) -> None:
        """The live process is slow: the browser waits."""
        self._hold_near()

    def resume_writing(self) -> None:
        """The live process has caught up."""
        self._free_near()

    def pause(self) -> None:
        """The browser is slow: the live process waits (and sends it the newest values only)."""
        if self._far is not None:
            self._far.pause_reading()

    def resume(self) -> None:
        """The browser has caught up."""
        if self._far is not None:
            with contextlib.suppress(RuntimeError):
                self._far.resume_reading()

    def close(self) -> None:
        """The browser has gone."""
        self._closed = True
        if self._far is not None:
            self._far.close()
        elif self._task is not None:
            self._task.cancel()

    def _hold_near(self) -> None:
        if not self._near_paused and not self._near.is_closing():
            self._near.pause_reading()
            self._near_paused = True

    def _free_near(self) -> None:
        if self._near_paused and not self._near.is_closing():
            self._near.resume_reading()
        self._near_paused = False
