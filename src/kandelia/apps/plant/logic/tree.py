"""The plant as a tree of links: sites and areas always, lines and machines of the area one is in. Pure.

So the page stays small in a plant of thousands of machines, and going down is following a link.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from kandelia.base.text import LocalText
from kandelia.sdk.views import AreaView, MachineView, SiteView


@dataclass(frozen=True, slots=True)
class Branch:
    """A place in the tree; `closed` where more stands below than is shown."""

    name: str
    query: str
    here: bool
    branches: tuple["Branch", ...] = ()
    closed: bool = False


def tree_of(sites: Iterable[SiteView], at: str, search: str, language: str) -> list[Branch]:
    """The branches as seen from the path `at` (site, site/area or site/area/machine)."""
    return _Tree(at.strip("/"), search, language).sites(sites)


class _Tree:
    def __init__(self, at: str, search: str, language: str) -> None:
        self._at, self._search, self._language = at, search, language

    def sites(self, sites: Iterable[SiteView]) -> list[Branch]:
        """The top of the tree."""
        return [
            self._branch(site.key, site.name, site.key, tuple(self._area(site, area) for area in site.areas))
            for site in sites
        ]

    def _area(self, site: SiteView, area: AreaView) -> Branch:
        path = f"{site.key}/{area.key}"
        if not (self._at == path or self._at.startswith(f"{path}/")):
            holds = bool(area.machines) or any(line.machines for line in area.lines)
            return self._branch(path, area.name, area.key, closed=holds)
        lines = tuple(
            Branch(line.name.say(self._language) or line.key, self._query(path), False, self._machines(line.machines))
            for line in area.lines
            if line.machines
        )
        return self._branch(path, area.name, area.key, (*lines, *self._machines(area.machines)))

    def _machines(self, machines: Iterable[MachineView]) -> tuple[Branch, ...]:
        return tuple(self._branch(machine.path, machine.name, machine.key) for machine in machines)

    def _branch(
        self, path: str, name: LocalText, key: str, branches: tuple[Branch, ...] = (), *, closed: bool = False
    ) -> Branch:
        return Branch(name.say(self._language) or key, self._query(path), path == self._at, branches, closed)

    def _query(self, path: str) -> str:
        return urlencode({"at": path, **({"search": self._search} if self._search else {})}, safe="/")
