"""Tag lists of other systems as signals: read, translated for a driver, shown, then made at once or not at all.

Made twice, a list changes nothing the second time.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.db import transaction

from kandelia.base.errors import InvalidInput, KandeliaError, TooMuch
from kandelia.base.text import LocalText, Said
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import audit, require
from kandelia.kernel.connections import facade as connections
from kandelia.kernel.connections.drivers import Driver, ReadsMaps
from kandelia.kernel.connections.plane.discovery import Drivers
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.signals.logic.checks import check_signal
from kandelia.kernel.signals.writing import Written
from kandelia.kernel.things import facade as things
from kandelia.kernel.things.logic.paths import parse
from kandelia.kernel.transfers.logic import ignition, kepware
from kandelia.kernel.transfers.logic.dialects import encoding_of
from kandelia.kernel.transfers.logic.plans import KINDS
from kandelia.kernel.transfers.logic.proposals import key_of
from kandelia.kernel.transfers.logic.tags import Listed, Mistake, Tag

SOURCES = {"kepware": "Kepware (CSV)", "ignition": "Ignition (JSON, CSV)"}
BYTES_MAX = 12_000_000
PERIOD_MS = 1_000
OPC_UA = "opcua"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person says of a list: its source, the connection that will read, and where the signals go.

    With `machine` all go there; with `area` ("site/area") each first folder is a machine of it. `prefix` stands before
    a Kepware tag in its server's node ids ("Channel1.Device1"). `order` is the order of bytes, for Modbus.
    """

    source: str
    connection: str
    machine: str = ""
    area: str = ""
    prefix: str = ""
    order: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """What a list would become. Nothing of it stands in `mistakes`."""

    asked: Asked
    tags: tuple[SignalView, ...]
    mistakes: tuple[Mistake, ...]
    machines: tuple[tuple[str, str], ...]  # path and name of those that are to be made
    text: str = ""


def text_of(data: bytes) -> str:
    """The text of a list; TooMuch beyond BYTES_MAX."""
    if len(data) > BYTES_MAX:
        most = BYTES_MAX // 1_000_000
        mend = Said(f"最大 {most} MB", f"send {most} MB at most")
        raise TooMuch(Said("点表太大", "the list is too large"), "file", mend, "too-large")
    try:
        return data.decode(encoding_of(data)).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        mend = Said("请另存为 UTF-8", "save it as UTF-8")
        raise InvalidInput(Said("点表不是文本", "the list is no text"), "file", mend, "encoding") from error


def json_of(data: bytes) -> Any:
    """A JSON body; InvalidInput where it is none."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("the body is no JSON", "body", "send JSON", "invalid-request") from error


def read(viewer: Viewer, text: str, name: str, asked: Asked) -> Made:
    """Read and translate; nothing is written."""
    require(viewer, Right.CONFIGURE)
    if asked.source not in SOURCES:
        raise InvalidInput(f'"{asked.source[:40]}" is no source', "source", f"use {', '.join(SOURCES)}", "source")
    view = connections.connection(viewer, asked.connection)
    if bool(asked.machine) == bool(asked.area):
        what = Said("测点放在哪里不明确", "where the signals go is not clear")
        mend = Said("请选择一台设备或一个区域，二选一", "name a machine, or an area")
        raise InvalidInput(what, "machine", mend, "no-machine")
    where = things.machine(viewer, asked.machine).path if asked.machine else _area(viewer, asked.area)
    listed = (kepware if asked.source == "kepware" else ignition).read(text, name[:120])
    placing = _Placing(viewer, asked, where)
    translate = _Translating(view.driver, Drivers(Path("drivers")).get(view.driver), asked)
    tags = [made for tag in listed.tags if (made := _signal(tag, placing, translate, listed)) is not None]
    return Made(asked, tuple(tags), tuple(listed.mistakes), tuple(placing.fresh.items()), text)


def apply(viewer: Viewer, made: Made) -> Written:
    """Make machines and signals in one transaction. What cannot be taken over is left out."""
    require(viewer, Right.CONFIGURE)
    if not made.tags:
        what = Said("此点表中没有可接管的点", "nothing in this list can be taken over")
        mend = Said("请查看每个点的问题", "see what is wrong with each tag")
        raise InvalidInput(what, "file", mend, "nothing")
    with transaction.atomic():
        for path, name in made.machines:
            things.put_machine(viewer, path, _named(name))
        known = signals.by_ids(viewer, [view.id for view in made.tags])
        kept = [view for view in made.tags if view.id not in known or _differs(view, known[view.id])]
        written = signals.put_signals(viewer, kept)
        details = {"source": made.asked.source, "left out": len(made.mistakes)}
        audit(viewer, "signal.import-tags", f"{len(made.tags)} tags", details)
    return written


def told(made: Made, written: Written | None) -> dict[str, Any]:
    """For programs."""
    tags = [
        {
            "id": view.id,
            "machine": view.machine,
            "key": view.key,
            "name": asdict(view.name),
            "kind": view.kind.name.lower(),
            "unit": view.unit,
            "address": view.address,
            "period_ms": view.period_ms,
        }
        for view in made.tags
    ]
    done = {"created": len(written.created), "changed": len(written.changed)} if written else None
    machines = [{"path": path, "name": name} for path, name in made.machines]
    return {"tags": tags, "mistakes": [asdict(one) for one in made.mistakes], "machines": machines, "written": done}


def _differs(view: SignalView, known: SignalView) -> bool:
    """What a list says; what people changed afterwards (range, decimals, retention …) is no difference."""
    return (view.kind, view.unit, view.connection, view.address, view.period_ms) != (
        known.kind,
        known.unit,
        known.connection,
        known.address,
        known.period_ms,
    )


class _Placing:
    """Machines and keys: each tag gets a machine by its folder and a key that is free and stays the same."""

    def __init__(self, viewer: Viewer, asked: Asked, where: str) -> None:
        self._asked, self._where = asked, where
        self.fresh: dict[str, str] = {}
        self._keys: dict[str, set[str]] = {}
        self._machines = {machine.key for machine in _machines(viewer, where)} if asked.area else set()
        self._by_folder: dict[str, str] = {}

    def place(self, tag: Tag) -> tuple[str, str]:
        """(machine, key); InvalidInput for a tag without a folder where folders are machines."""
        machine, rest = (self._where, tag.path) if self._asked.machine else self._by_first_folder(tag)
        taken = self._keys.setdefault(machine, set())
        key = key_of("-".join(rest), taken)
        taken.add(key)
        return machine, key

    def _by_first_folder(self, tag: Tag) -> tuple[str, tuple[str, ...]]:
        if len(tag.path) < 2:
            what = Said("不在任何文件夹中，无法对应设备", "it stands in no folder, so no machine")
            raise InvalidInput(what, mend=Said("请为全部点选择一台设备", "choose a machine for all tags"))
        folder = tag.path[0]
        if folder not in self._by_folder:
            key = key_of(folder, self._by_folder.values())
            self._by_folder[folder] = key
            if key not in self._machines:
                self.fresh[f"{self._where}/{key}"] = folder
        return f"{self._where}/{self._by_folder[folder]}", tag.path[1:]


class _Translating:
    """Addresses of the other system as the connection's driver writes them."""

    def __init__(self, name: str, driver: Driver, asked: Asked) -> None:
        self._name, self._driver, self._asked = name, driver, asked

    def address(self, tag: Tag) -> str:
        """InvalidInput says why there is none."""
        if self._name == OPC_UA:
            return self._node(tag)
        if isinstance(self._driver, ReadsMaps):
            if not tag.row or "table" not in tag.row:
                address, protocol = tag.address[:80], self._driver.protocol
                what = Said(f"“{address}”不是 {protocol} 的地址", f'"{address}" is no address that {protocol} knows')
                mend = Said("请选择这些点所属的连接", "choose the connection that these tags belong to")
                raise InvalidInput(what, mend=mend)
            order = {"order": self._asked.order} if self._asked.order and "order" not in tag.row else {}
            return self._driver.address_of({**tag.row, **order})
        return tag.address

    def _node(self, tag: Tag) -> str:
        """A node id of the server that the list came from."""
        if tag.address.startswith(("ns=", "nsu=")):
            return tag.address
        if self._asked.source == "kepware":
            return f"ns=2;s={'.'.join([*filter(None, [self._asked.prefix]), *tag.path])}"
        return f"ns=1;s={tag.address}"


def _signal(tag: Tag, placing: _Placing, translating: _Translating, listed: Listed) -> SignalView | None:
    name = tag.path[-1] if tag.path else tag.where
    try:
        address = translating.address(tag)
        machine, key = placing.place(tag)
        view = SignalView(
            number=0,
            id="",
            key=key,
            machine=machine,
            name=_named(tag.description[:200] or name),
            kind=KINDS[tag.kind],
            unit=tag.unit,
            decimals=2 if tag.kind == "float" else 0,
            period_ms=tag.period_ms or PERIOD_MS,
            connection=translating._asked.connection,
            address=address,
        )
        return check_signal(view)
    except KandeliaError as error:
        listed.wrong(tag.where, name, _whole(error))
        return None


def _whole(error: KandeliaError) -> str:
    """What and mend as one sentence, in both languages where both are."""
    if not error.mend:
        return error.what
    zh = "；".join(part.say("zh") if isinstance(part, Said) else part for part in (error.what, error.mend))
    return Said(zh, f"{error.what}; {error.mend}")


def _named(name: str) -> LocalText:
    name = name[:200]
    return LocalText(name, "") if any(ord(letter) > 0x2E7F for letter in name) else LocalText("", name)


def _area(viewer: Viewer, path: str) -> str:
    parts = parse(path)
    for site in things.tree(viewer):
        for area in site.areas:
            if (site.key, area.key) == parts.keys:
                return f"{site.key}/{area.key}"
    raise InvalidInput(f'there is no area "{path[:80]}"', "area", "write site/area", "no-area")


def _machines(viewer: Viewer, where: str) -> list[Any]:
    for site in things.tree(viewer):
        for area in site.areas:
            if f"{site.key}/{area.key}" == where:
                return [*area.machines, *(machine for line in area.lines for machine in line.machines)]
    return []
