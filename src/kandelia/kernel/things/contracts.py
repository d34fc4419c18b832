"""What other rooms see of sites, areas, lines and machines. Paths are keys joined by "/"."""

from dataclasses import dataclass

from kandelia.base.text import LocalText


@dataclass(frozen=True, slots=True)
class MachineView:
    """A machine; `path` is "site/area/machine" whether or not it stands on a line."""

    path: str
    key: str
    name: LocalText
    kind: str
    site: str
    area: str
    line: str = ""
    card_signals: tuple[str, ...] = ()  # signal keys
    state_signal: str = ""  # signal key


@dataclass(frozen=True, slots=True)
class LineView:
    """A line and its machines, in plant order."""

    key: str
    name: LocalText
    machines: tuple[MachineView, ...] = ()


@dataclass(frozen=True, slots=True)
class AreaView:
    """An area: its lines, then the machines on no line."""

    key: str
    name: LocalText
    lines: tuple[LineView, ...] = ()
    machines: tuple[MachineView, ...] = ()


@dataclass(frozen=True, slots=True)
class SiteView:
    """A site with all below it."""

    key: str
    name: LocalText
    time_zone: str
    areas: tuple[AreaView, ...] = ()
