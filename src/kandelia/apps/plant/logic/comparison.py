"""A saved comparison's document: signals, their window, the earlier period and how axes are shared. Pure; schema 1.

It is what the compare page keeps in its address, so that opening a saved one is going to that address.
"""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from kandelia.apps.plant.logic import documents
from kandelia.apps.plant.logic.tiles import TREND_SIGNALS_MAX
from kandelia.apps.plant.logic.windows import EARLIER, WINDOWS

SCHEMA = 1
TIME_MS_MAX = 2**53  # what a browser's numbers hold exactly
AXES = ("unit", "own")
NAMES = ("schema", "signals", "last", "from", "to", "compare", "axes")


@dataclass(frozen=True, slots=True)
class Comparison:
    """`last` where it follows the present, else the fixed window [start_ms, end_ms)."""

    signals: tuple[int, ...]
    last: str = ""
    start_ms: int = 0
    end_ms: int = 0
    compare: str = ""
    axes: str = "unit"  # "unit": signals of one unit share an axis; "own": each has its own

    @property
    def query(self) -> str:
        """As the compare page writes it into its address."""
        window = {"last": self.last} if self.last else {"from": self.start_ms, "to": self.end_ms}
        rest = {"compare": self.compare, "axes": "own" if self.axes == "own" else ""}
        signals = ",".join(str(number) for number in self.signals)
        return urlencode({"signals": signals, **window, **{k: v for k, v in rest.items() if v}}, safe=",")


def read_comparison(body: Any) -> Comparison:
    """The comparison of a document; InvalidInput names the field that is wrong."""
    given = documents.mapping(body, "body", NAMES)
    documents.schema(given, SCHEMA)
    signals = documents.numbers(given.get("signals", []), "signals", TREND_SIGNALS_MAX)
    compare = documents.choice(given.get("compare", ""), "compare", EARLIER)
    axes = documents.choice(given.get("axes", "unit"), "axes", AXES)
    if given.get("last"):
        return Comparison(signals, documents.choice(given["last"], "last", WINDOWS), compare=compare, axes=axes)
    start = documents.whole(given.get("from"), "from", 1, TIME_MS_MAX)
    end = documents.whole(given.get("to"), "to", start + 1, TIME_MS_MAX)
    return Comparison(signals, "", start, end, compare, axes)


def write_comparison(comparison: Comparison) -> dict[str, Any]:
    """The document of a comparison."""
    window = {"last": comparison.last} if comparison.last else {"from": comparison.start_ms, "to": comparison.end_ms}
    rest = {"compare": comparison.compare, "axes": comparison.axes}
    return {"schema": SCHEMA, "signals": list(comparison.signals), **window, **rest}
