"""Keeps out of a process what it could use but does not: memory and start time of every role are paid for each."""

import asyncio
import ctypes
import gc
import re
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.metadata import entry_points
from types import ModuleType

PANDAS = "pandas"
GIVE_BACK_PERIOD_S = 60.0
GROUPS = ("kandelia.apps", "kandelia.drivers")
NAMES_PANDAS = re.compile(r"pandas(?![\w.-])", re.IGNORECASE)


class _Absent(MetaPathFinder):
    """An import of pandas fails as if it were not installed."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        """Refuse this one name."""
        if fullname == PANDAS:
            raise ModuleNotFoundError(f"No module named {PANDAS!r}", name=PANDAS)


def leave_pandas_out() -> None:
    """From now on pandas counts as not installed, unless an app or driver names it among its requirements.

    Arrow would else import it with the first array made of Python or numpy values, for it is there because chDB's
    wheel asks for it: 50 MB and half a second in every role. (None in sys.modules would do for Arrow, but chDB falls.)
    """
    if PANDAS not in sys.modules and not _wanted():
        sys.meta_path.insert(0, _Absent())


def _wanted() -> bool:
    """Read from the metadata of what is installed, as nothing is imported yet."""
    found = {point.dist for group in GROUPS for point in entry_points(group=group) if point.dist is not None}
    return any(NAMES_PANDAS.match(line) for distribution in found for line in distribution.requires or ())


async def give_memory_back() -> None:
    """Each minute collect what nobody refers to, and return to the system what the C library keeps of it.

    What stands after the first minute stays for good (modules, addresses, templates, records' types): it is set aside,
    so that collecting takes milliseconds. Left to itself Python looks through everything only once a quarter of it is
    new, and until then the rings of objects that requests leave behind are held. Requests work in threads of their
    own; what these leave scattered over the allocator's arenas made web grow by 0.2 MB a minute under trends.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc only
    await asyncio.sleep(GIVE_BACK_PERIOD_S)
    gc.collect()
    gc.freeze()
    while True:
        gc.collect()
        if trim is not None:
            await asyncio.to_thread(trim, 0)
        await asyncio.sleep(GIVE_BACK_PERIOD_S)
