"""The plant file (docs/reference/plant-file.md): read into views, every mistake told with its line."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from kandelia.base.errors import InvalidInput
from kandelia.base.samples import Kind
from kandelia.base.text import LocalText
from kandelia.kernel.connections.contracts import UNCONNECTED, ConnectionView
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.signals.logic.checks import check_signal
from kandelia.kernel.signals.logic.periods import read_period
from kandelia.kernel.signals.logic.yaml_nodes import (
    Item,
    Mistakes,
    TooManyMistakes,
    compose,
    item,
    items,
    many_nodes,
    plain,
    sequence,
)
from kandelia.kernel.things.contracts import AreaView, LineView, MachineView, SiteView
from kandelia.kernel.things.logic.paths import check_key, check_name

T = TypeVar("T")
FILE_BYTES_MAX = 80_000_000  # 200,000 signals of 400 bytes each
SIGNALS_MAX = 200_000
CARD_SIGNALS_MAX = 3
ROOT = ("sites", "connections", "templates")
CONNECTION = ("key", "site", "name", "driver", "enabled", "settings")
SITE = ("key", "name", "time_zone", "areas")
AREA = ("key", "name", "lines", "machines")
LINE = ("key", "name", "machines")
MACHINE = ("key", "name", "kind", "card", "state", "connection", "templates", "signals")
SIGNAL = (
    "key",
    "name",
    "type",
    "unit",
    "decimals",
    "range",
    "labels",
    "period",
    "connection",
    "address",
    "retention",
    "clash",
    "active",
    "command",
)
COMMAND = ("range", "step", "every", "second_person")  # fmt: skip
COMMAND_FIELDS = ("command_range", "step_max", "rate_s")  # as check_signal names them
KINDS = {kind.name.lower(): kind for kind in Kind if kind is not Kind.MISSING}
_CHINESE = re.compile(r"[㐀-鿿]")


@dataclass(frozen=True, slots=True)
class PlantFile:
    """What a file describes, in its order; `lines` tells where a signal (by id) or connection (by key) stands.

    `templates` and `uses` (machine, its line, its connection, node) are left as nodes, for who knows templates.
    """

    sites: tuple[SiteView, ...] = ()
    connections: tuple[ConnectionView, ...] = ()
    signals: tuple[SignalView, ...] = ()
    lines: dict[str, int] = field(default_factory=dict)
    templates: tuple[Any, ...] = ()
    uses: tuple[tuple[str, str, str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What the organisation has already, so that a file may lean on it."""

    sites: frozenset[str] = frozenset()
    connections: frozenset[str] = frozenset()
    drivers: frozenset[str] = frozenset()  # empty: any is taken


def read(
    text: str, file: str, known: Known, more: Callable[[PlantFile, Mistakes], None] | None = None
) -> tuple[PlantFile, tuple[str, ...]]:
    """The file and its mistakes (MISTAKES_MAX at most); with any of them the file is not to be used.

    `more` reads the nodes that are left and adds its mistakes.
    """
    mistakes = Mistakes(file, columns=True)
    reader = _Reader(mistakes, known)
    try:
        if len(text) > FILE_BYTES_MAX:
            mistakes.add(1, f"the file is larger than {FILE_BYTES_MAX // 1_000_000} MB", "split it")
        else:
            with many_nodes():
                plant = reader.plant(compose(text, mistakes))
                if more is not None:
                    more(plant, mistakes)
                return plant, mistakes.texts
    except TooManyMistakes:
        pass
    return PlantFile(), mistakes.texts


class _Reader:
    def __init__(self, mistakes: Mistakes, known: Known) -> None:
        self._mistakes = mistakes
        self._known = known
        self._connections: set[str] = set(known.connections)
        self._sites: set[str] = set(known.sites)
        self._signals: list[SignalView] = []
        self._lines: dict[str, int] = {}
        self._uses: list[tuple[str, str, str, Any]] = []

    def plant(self, root: Any) -> PlantFile:
        """What the root node describes; mistakes go to the list."""
        found = item(root, "the file", ROOT, self._mistakes) if root is not None else None
        if found is None:
            return PlantFile()
        self._sites |= {str(key) for key in _keys(found.values.get("sites"))}
        self._connections |= {str(key) for key in _keys(found.values.get("connections"))}
        connections = self._each(found.values.get("connections"), "connection", CONNECTION, self._connection)
        sites = self._each(found.values.get("sites"), "site", SITE, self._site)
        templates = tuple(sequence(found.values.get("templates"), "the list of templates", self._mistakes))
        return PlantFile(sites, connections, tuple(self._signals), self._lines, templates, tuple(self._uses))

    def _each(self, node: Any, what: str, keys: tuple[str, ...], make: Callable[[Item, str], T]) -> tuple[T, ...]:
        """Entries of a list with keys that are present, well formed and not repeated."""
        made, seen = [], set()
        for entry in items(node, what, keys, self._mistakes):
            key = self._key(entry, what)
            if key in seen:
                self._mistakes.add(entry.place("key"), f'{what} "{key}" repeats', "rename one of them")
            elif key:
                seen.add(key)
                made.append(make(entry, key))
        return tuple(made)

    def _key(self, entry: Item, what: str) -> str:
        if "key" not in entry.values:
            self._mistakes.add(entry.node, f'a {what} has no "key"', "give it one")
            return ""
        key = self._text(entry, "key")
        if what != "signal":
            self._try(entry.place("key"), lambda: check_key(key, f"{what} key"))
        return key

    def _connection(self, entry: Item, key: str) -> ConnectionView:
        self._lines[f"connection {key}"] = entry.node.start_mark.line + 1
        if key == UNCONNECTED:
            self._mistakes.add(entry.place("key"), f'"{key}" is taken by the platform', "choose another key")
        site, driver = self._text(entry, "site"), self._text(entry, "driver")
        for name, value in (("site", site), ("driver", driver)):
            if not value:
                self._mistakes.add(entry.place(name), f'connection "{key}" has no {name}', f"add {name}: …")
        if site and site not in self._sites:
            self._mistakes.add(entry.place("site"), f'there is no site "{site}"', "describe it under sites")
        if driver and self._known.drivers and driver not in self._known.drivers:
            mend = f"use {', '.join(sorted(self._known.drivers))}"
            self._mistakes.add(entry.place("driver"), f'there is no driver "{driver}"', mend)
        settings = self._value(entry, "settings", {}, dict, "a mapping")
        return ConnectionView(key, site, self._name(entry), driver, settings, self._flag(entry, "enabled"))

    def _site(self, entry: Item, key: str) -> SiteView:
        areas = self._each(entry.values.get("areas"), "area", AREA, lambda area, name: self._area(area, name, key))
        return SiteView(key, self._name(entry), self._text(entry, "time_zone"), areas)

    def _area(self, entry: Item, key: str, site: str) -> AreaView:
        seen: set[str] = set()

        def line(found: Item, name: str) -> LineView:
            return LineView(name, self._name(found), self._machines(found, site, key, name, seen))

        lines = self._each(entry.values.get("lines"), "line", LINE, line)
        return AreaView(key, self._name(entry), lines, self._machines(entry, site, key, "", seen))

    def _machines(self, entry: Item, site: str, area: str, line: str, seen: set[str]) -> tuple[MachineView, ...]:
        def machine(found: Item, key: str) -> MachineView:
            if key in seen:
                place = found.place("key")
                self._mistakes.add(place, f'machine "{key}" repeats in area "{area}"', "rename one of them")
            seen.add(key)
            return self._machine(found, key, site, area, line)

        return self._each(entry.values.get("machines"), "machine", MACHINE, machine)

    def _machine(self, entry: Item, key: str, site: str, area: str, line: str) -> MachineView:
        path = f"{site}/{area}/{key}"
        own = self._text(entry, "connection")
        self._check_connection(entry, own)
        signals = self._each(
            entry.values.get("signals"), "signal", SIGNAL, lambda found, name: self._signal(found, name, path, own)
        )
        uses = list(sequence(entry.values.get("templates"), "templates", self._mistakes))
        self._uses += [(path, line, own, node) for node in uses]
        if uses:  # what else the machine has is known only there
            signals = ()
        card = self._card(entry, {signal.key for signal in signals})
        return MachineView(
            path, key, self._name(entry), self._text(entry, "kind"), site, area, line, card, self._state(entry, signals)
        )

    def _card(self, entry: Item, keys: set[str]) -> tuple[str, ...]:
        nodes = list(sequence(entry.values.get("card"), "card", self._mistakes))
        if len(nodes) > CARD_SIGNALS_MAX:
            self._mistakes.add(nodes[CARD_SIGNALS_MAX], "card names too many", f"name {CARD_SIGNALS_MAX} at most")
        for node in nodes:
            if keys and str(node.value) not in keys:
                self._mistakes.add(node, f'card names "{node.value}", which is no signal here', "use a signal's key")
        return tuple(str(node.value) for node in nodes)

    def _state(self, entry: Item, signals: tuple[SignalView, ...]) -> str:
        key = self._text(entry, "state")
        kinds = {signal.key: signal.kind for signal in signals}
        if key and kinds and kinds.get(key) is not Kind.ENUMERATION:
            self._mistakes.add(
                entry.place("state"), f'state names "{key}", which is no enumeration here', "use its key"
            )
        return key

    def _signal(self, entry: Item, key: str, machine: str, connection: str) -> SignalView:
        if "connection" in entry.values:
            connection = self._text(entry, "connection")
            self._check_connection(entry, connection)
        low, high = self._range(entry)
        commanded = self._commanded(entry)
        view = SignalView(
            number=0,
            id="",
            key=key,
            machine=machine,
            name=self._name(entry),
            kind=self._kind(entry),
            unit=self._text(entry, "unit"),
            decimals=self._whole(entry, "decimals", 2),
            low=low,
            high=high,
            labels=self._labels(entry),
            period_ms=self._period(entry),
            connection=connection,
            address=self._text(entry, "address"),
            retention=self._whole(entry, "retention", 0),
            clash="replace" if self._choice(entry, "clash", ("keep", "replace")) == "replace" else "keep",
            active=self._flag(entry, "active"),
            **commanded,
        )
        return self._checked(entry, view)

    def _commanded(self, entry: Item) -> dict[str, Any]:
        """What `command:` says; a signal that has none cannot be commanded."""
        node = entry.values.get("command")
        found = item(node, "command", COMMAND, self._mistakes) if node is not None else None
        if found is None:
            return {}
        low, high = self._range(found)
        step = self._value(found, "step", None, object, "a number")
        if step is not None and (isinstance(step, bool) or not isinstance(step, int | float)):
            self._mistakes.add(found.place("step"), "step is not a number", "write the largest change at once")
            step = None
        return {
            "writable": True,
            "command_low": low,
            "command_high": high,
            "step_max": None if step is None else float(step),
            "rate_s": self._period(found, "every", 0) / 1_000,
            "second_person": "second_person" in found.values and self._flag(found, "second_person"),
        }

    def _checked(self, entry: Item, view: SignalView) -> SignalView:
        try:
            view = check_signal(view)
        except InvalidInput as error:
            field = (error.where.rpartition(", ")[2]).split()[0]
            place = entry.place("command" if field in COMMAND_FIELDS else field)
            self._mistakes.add(place, error.what, error.mend)
            return view
        self._lines[view.id] = entry.node.start_mark.line + 1
        self._signals.append(view)
        if len(self._signals) > SIGNALS_MAX:
            self._mistakes.add(entry.node, f"the file has more than {SIGNALS_MAX} signals", "split it")
            raise TooManyMistakes
        return view

    def _check_connection(self, entry: Item, key: str) -> None:
        if key and key not in self._connections:
            mend = "describe it under connections"
            self._mistakes.add(entry.place("connection"), f'there is no connection "{key}"', mend)

    def _name(self, entry: Item) -> LocalText:
        node = entry.values.get("name")
        if node is None:
            return LocalText()
        if (value := self._plain(node)) is None or isinstance(value, str | int | float):
            text = "" if value is None else str(value)
            name = LocalText(zh=text) if _CHINESE.search(text) else LocalText(en=text)
        elif (found := item(node, "a name", ("zh", "en"), self._mistakes)) is not None:
            name = LocalText(self._text(found, "zh"), self._text(found, "en"))
        else:
            return LocalText()
        self._try(node, lambda: check_name(name, "name"))
        return name

    def _labels(self, entry: Item) -> dict[int, LocalText]:
        node = entry.values.get("labels")
        if node is None:
            return {}
        if not hasattr(node, "value") or not isinstance(self._plain(node), dict):
            self._mistakes.add(node, "labels is not a mapping", "write a code and its name on each line, as 1: running")
            return {}
        labels: dict[int, LocalText] = {}
        for code, text in node.value:
            if not re.fullmatch(r"-?\d{1,18}", str(code.value)):
                self._mistakes.add(code, f'"{code.value}" is not a code', "use whole numbers")
            elif int(code.value) in labels:
                self._mistakes.add(code, f"label {code.value} repeats", "remove one of them")
            else:
                labels[int(code.value)] = self._name(Item(code, {"name": text}))
        return labels

    def _range(self, entry: Item) -> tuple[float | None, float | None]:
        ends = self._value(entry, "range", [None, None], list, "a list of two numbers")
        usable = all(end is None or (isinstance(end, int | float) and not isinstance(end, bool)) for end in ends)
        if len(ends) != 2 or not usable:
            self._mistakes.add(
                entry.place("range"), "range is not two numbers", "write [low, high]; null for an open end"
            )
            return None, None
        low, high = (None if end is None else float(end) for end in ends)
        return low, high

    def _period(self, entry: Item, key: str = "period", default: int = 1_000) -> int:
        node = entry.values.get(key)
        if node is None:
            return default
        period = read_period(node.value) if isinstance(node.value, str) else None
        if period is None:
            mend = "write 500ms, 1s, 5min, 1h or a number of milliseconds"
            self._mistakes.add(node, f"{key} cannot be read", mend)
            return default
        return period

    def _kind(self, entry: Item) -> Kind:
        return KINDS[self._choice(entry, "type", tuple(KINDS))]

    def _choice(self, entry: Item, key: str, choices: tuple[str, ...]) -> str:
        value = self._text(entry, key) or choices[0]
        if value not in choices:
            self._mistakes.add(entry.place(key), f'{key} "{value[:40]}" is not known', f"use {', '.join(choices)}")
            return choices[0]
        return value

    def _text(self, entry: Item, key: str) -> str:
        node = entry.values.get(key)
        if node is None:
            return ""
        if not isinstance(node.value, str):
            self._mistakes.add(node, f"{key} is not a text", "write one value")
            return ""
        return "" if node.tag.endswith(":null") else node.value

    def _whole(self, entry: Item, key: str, default: int) -> int:
        return int(self._value(entry, key, default, int, "a whole number"))

    def _flag(self, entry: Item, key: str) -> bool:
        return bool(self._value(entry, key, True, bool, "true or false"))

    def _value(self, entry: Item, key: str, default: Any, kind: type, name: str) -> Any:
        node = entry.values.get(key)
        value = default if node is None else self._plain(node)
        if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
            return value
        self._mistakes.add(node, f"{key} is not {name}", f"write {name}")
        return default

    def _plain(self, node: Any) -> Any:
        try:
            return plain(node)
        except (ValueError, RecursionError, OverflowError) as error:
            self._mistakes.add(node, f"this cannot be read: {str(error)[:80]}", "write a plain value")
            return None
        except Exception as error:  # the YAML library's own family, which differs between its two readers
            self._mistakes.add(node, f"this cannot be read: {str(error).splitlines()[0][:80]}", "write a plain value")
            return None

    def _try(self, node: Any, check: Callable[[], object]) -> None:
        try:
            check()
        except InvalidInput as error:
            self._mistakes.add(node, error.what, error.mend)


def _keys(node: Any) -> Iterable[str]:
    """Keys of a list's entries, whatever else is wrong with them."""
    for entry in getattr(node, "value", ()) if isinstance(getattr(node, "value", None), list) else ():
        for pair in entry.value if isinstance(getattr(entry, "value", None), list) else ():
            if isinstance(pair, tuple) and pair[0].value == "key":
                yield pair[1].value if isinstance(pair[1].value, str) else ""
