"""An edge node by npm's sparkplug-client, started, driven and killed from a test."""

import asyncio
import json
import shutil
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_suffix(".cjs")
WAIT_S = 20.0
needs_npm_node = pytest.mark.skipif(
    not shutil.which("node") or not (ROOT / "node_modules" / "sparkplug-client").exists(),
    reason="needs node and npm's sparkplug-client (npm ci)",
)


@dataclass
class SparkplugNode:
    """One process; `heard` is what it has said."""

    process: asyncio.subprocess.Process
    heard: list[dict[str, Any]] = field(default_factory=list)

    async def tell(self, **what: object) -> None:
        """Have it send something."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(what).encode() + b"\n")
        await self.process.stdin.drain()

    async def until(self, enough: Callable[[dict[str, Any]], bool], start: int = 0) -> dict[str, Any]:
        """The first thing it says, from the `start`-th on, for which this holds."""
        async with asyncio.timeout(WAIT_S):
            while True:
                for said in self.heard[start:]:
                    if enough(said):
                        return said
                await asyncio.sleep(0.02)

    async def born(self, times: int = 1) -> None:
        """Until it has published its births so often."""
        async with asyncio.timeout(WAIT_S):
            while sum("born" in said for said in self.heard) < times:
                await asyncio.sleep(0.02)

    def kill(self) -> None:
        """At once, so that the broker publishes its will."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGKILL)

    async def read(self) -> None:
        """Keep what it says."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.heard.append(json.loads(line))


@asynccontextmanager
async def sparkplug_node(
    url: str, group: str, node: str, births: dict[str, list[dict[str, Any]]], **more: object
) -> AsyncIterator[SparkplugNode]:
    """A node that has connected and is ended at the end; `births` are metrics by device, "" for the node's own."""
    process = await asyncio.create_subprocess_exec(
        "node", str(PROGRAM), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    made = SparkplugNode(process)
    reading = asyncio.create_task(made.read())
    try:
        login: dict[str, object] = {"username": "", "password": ""}
        await made.tell(**{"serverUrl": url, "group": group, "node": node, "births": births, **login, **more})
        yield made
    finally:
        made.kill()
        await process.wait()
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
