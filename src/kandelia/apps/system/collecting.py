"""What the status page and its API tell, collected anew at each call."""

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.conf import settings

from kandelia.apps.system.logic.status import ConnectionRow, RoleRow, connection_rows, role_rows
from kandelia.base.errors import Unavailable
from kandelia.sdk.bus import ask_reports, bus_call
from kandelia.sdk.records import access, connections
from kandelia.sdk.views import ConnectionState, Report, Right, Viewer


@dataclass(frozen=True, slots=True)
class Status:
    """`roles` is empty for those who may not see the platform itself; `fault` says why the bus told nothing."""

    at_ns: int
    platform: bool
    roles: tuple[RoleRow, ...]
    connections: tuple[ConnectionRow, ...]
    fault: str = ""
    mend: str = ""


def sees_platform(viewer: Viewer) -> bool:
    """Administrators of the installation's first organisation answer for the machine it runs on."""
    return viewer.may(Right.ADMINISTER) and viewer.organisation == settings.PLATFORM.organisation


def collect(viewer: Viewer) -> Status:
    """Roles (where the viewer may see them) and the connections of the viewer's organisation."""
    access.require(viewer, Right.ADMINISTER)
    fault = mend = ""
    reports: tuple[Report, ...] = ()
    states: dict[str, ConnectionState] = {}
    try:
        with ThreadPoolExecutor(1) as beside:  # both only wait, so they wait together
            asked = beside.submit(bus_call, ask_reports) if sees_platform(viewer) else None
            states = connections.states(viewer)
            reports = asked.result() if asked else ()
    except Unavailable as error:
        fault, mend = error.what, error.mend
    now_ns = time.time_ns()
    views = connections.list_connections(viewer)
    wanted = {view.key: view.revision for view in views}
    names = {view.key: view.name.say(viewer.language) for view in views}
    return Status(
        at_ns=now_ns,
        platform=sees_platform(viewer),
        roles=role_rows(reports, now_ns, viewer.language) if sees_platform(viewer) else (),
        connections=connection_rows(wanted, states, names),
        fault=fault,
        mend=mend,
    )
