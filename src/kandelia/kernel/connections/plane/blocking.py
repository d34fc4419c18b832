"""Blocking protocol libraries, kept away from the event loop and given a hard deadline."""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from kandelia.base.errors import Unavailable

T = TypeVar("T")
CALLS_WAITING_MAX = 64
_Call = tuple[Callable[[], Any], "asyncio.Future[Any]", asyncio.AbstractEventLoop]


@dataclass
class Worker:
    """One thread that makes the calls of one session, one after another.

    A call that outlives its deadline raises Unavailable at once; the thread, which cannot be stopped, is left to
    end by itself (it is a daemon) and the worker takes no more calls: the session is lost and the frame opens a
    new one. So a device that hangs costs one thread for as long as its library hangs, and harms nobody else.
    """

    name: str
    _calls: "queue.Queue[_Call | None]" = field(default_factory=lambda: queue.Queue(CALLS_WAITING_MAX))
    _thread: threading.Thread | None = None
    _stuck: str = ""

    async def call(self, function: Callable[..., T], *arguments: Any, deadline_s: float) -> T:
        """The function's result. Unavailable past the deadline, when stuck, or when too many calls wait."""
        if self._stuck:
            raise Unavailable(self._stuck, where=self.name, mend="the connection is opened anew", code="worker-stuck")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._begin()
        try:
            self._calls.put_nowait((lambda: function(*arguments), future, loop))
        except queue.Full:
            raise Unavailable(f"{CALLS_WAITING_MAX} calls wait already", where=self.name, code="worker-busy") from None
        try:
            async with asyncio.timeout(deadline_s):
                return await asyncio.shield(future)
        except TimeoutError:
            self._stuck = f"a call did not return within {deadline_s:g} s"
            raise Unavailable(self._stuck, where=self.name, code="worker-stuck") from None

    def close(self) -> None:
        """End the thread after the call it is in; harmless when done twice."""
        self._stuck = self._stuck or "closed"
        if self._thread is not None:
            self._thread = None
            with contextlib.suppress(queue.Empty):
                while True:
                    self._calls.get_nowait()
            self._calls.put_nowait(None)

    def _begin(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=_work, args=(self._calls,), name=self.name, daemon=True)
            self._thread.start()


def _work(calls: "queue.Queue[_Call | None]") -> None:
    while (call := calls.get()) is not None:
        function, future, loop = call
        try:
            result, error = function(), None
        except BaseException as raised:
            result, error = None, raised
        try:
            loop.call_soon_threadsafe(_settle, future, result, error)
        except RuntimeError:  # the loop is closed: nobody awaits any more
            return


def _settle(future: "asyncio.Future[Any]", result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
