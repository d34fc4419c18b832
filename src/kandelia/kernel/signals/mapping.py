"""From a device's own list of registers or points to signals on a machine, in one step or not at all."""

from collections.abc import Mapping
from pathlib import Path

from kandelia.base.errors import InvalidInput
from kandelia.kernel.access.contracts import Right, Viewer
from kandelia.kernel.access.facade import require
from kandelia.kernel.connections import facade as connections
from kandelia.kernel.connections.drivers import ReadsMaps
from kandelia.kernel.connections.plane.discovery import Drivers
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.signals.logic.register_map import AddressOf, Mapped, map_signals, read_rows
from kandelia.kernel.signals.writing import Written
from kandelia.kernel.things import facade as things


def map_file(viewer: Viewer, text: str, name: str, connection: str, machine: str) -> Mapped:
    """What the file would make of the machine; nothing is written. InvalidInput for what is no table at all."""
    require(viewer, Right.CONFIGURE)
    view = connections.connection(viewer, connection)
    path = things.machine(viewer, machine).path
    return map_signals(read_rows(text, name), path, connection, _addresses(view.driver))


def make_mapped(viewer: Viewer, mapped: Mapped) -> Written:
    """Make or change the signals; InvalidInput while there are mistakes."""
    if mapped.mistakes:
        what = f"{len(mapped.mistakes)} mistakes, the first: {mapped.mistakes[0]}"
        raise InvalidInput(what, mend="mend the file; nothing was written", code="map-mistakes")
    return signals.put_signals(viewer, mapped.signals, ordered=True)


def _addresses(driver_name: str) -> AddressOf:
    """The driver's own reading of a row; for one that has none, the column `address` as it stands."""
    driver = Drivers(Path("drivers")).get(driver_name)
    return driver.address_of if isinstance(driver, ReadsMaps) else _plain


def _plain(row: Mapping[str, str]) -> str:
    if not row.get("address"):
        raise InvalidInput("the row has no address", mend="fill in the column address")
    return row["address"]
