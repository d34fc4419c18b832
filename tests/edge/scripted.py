"""A driver whose behaviour a test dictates: it shows what the frame does with what no real server does on demand."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kandelia.sdk.drivers import InvalidInput, Item, Node, Sink, Unavailable


@dataclass
class ScriptedSession:
    driver: "ScriptedDriver"
    items: dict[int, Item] = field(default_factory=dict)
    sink: Sink | None = None

    def __post_init__(self) -> None:
        self.gone: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def collect(self, items: Sequence[Item], sink: Sink) -> Mapping[int, str]:
        await self.driver.play("collect")
        self.items, self.sink = {item.number: item for item in items}, sink
        sink.alive()
        return dict(self.driver.refused)

    async def wait_lost(self) -> str:
        return await self.gone

    async def browse(self, address: str) -> Sequence[Node]:
        await self.driver.play("browse")
        return [Node(f"{address}/{n}", f"node {n}", has_children=False) for n in range(self.driver.nodes)]

    async def write(self, address: str, value: Any) -> Any:
        self.driver.written.append((address, value))
        await self.driver.play("write")
        return self.driver.holds.get(address, value)

    async def close(self) -> None:
        await self.driver.play("close")

    def give(self, rows: Sequence[tuple[int, int, int, Any]]) -> None:
        """Rows of (number, time, quality, value)."""
        assert self.sink is not None
        self.sink.add(*([row[place] for row in rows] for place in range(4)))


@dataclass
class ScriptedDriver:
    """`acts` says what each step does: an exception to raise, or "hang" (also when cancelled)."""

    name: str = "scripted"
    protocol: str = "Scripted"
    acts: dict[str, BaseException | str] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)
    sessions: list[ScriptedSession] = field(default_factory=list)
    secrets: Mapping[str, str] = field(default_factory=dict)
    nodes: int = 3
    written: list[tuple[str, Any]] = field(default_factory=list)
    holds: dict[str, Any] = field(default_factory=dict)  # address → what is read back, whatever was written

    def configure(self, settings: Mapping[str, Any]) -> Any:
        if settings.get("wrong"):
            raise InvalidInput("this is wrong", where="settings.wrong", mend="take it out")
        return settings

    async def open(self, _configuration: Any, secrets: Mapping[str, str]) -> ScriptedSession:
        self.secrets = secrets
        await self.play("open")
        session = ScriptedSession(self)
        self.sessions.append(session)
        return session

    async def play(self, step: str) -> None:
        act = self.acts.get(step)
        if isinstance(act, BaseException):
            raise act
        while act == "hang" and self.acts.get(step) == "hang":
            try:
                await asyncio.sleep(0.2)
            except asyncio.CancelledError:
                continue

    async def session(self, count: int = 1) -> ScriptedSession:
        """The newest session, once there are so many and it collects."""
        async with asyncio.timeout(60):
            while len(self.sessions) < count or self.sessions[-1].sink is None:
                await asyncio.sleep(0.01)
        return self.sessions[-1]


AWAY = Unavailable("it is away", mend="wait")
