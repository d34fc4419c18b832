"""What facades answer, as plain frozen shapes. Loads without Django, so that an app's logic may use it."""

from kandelia.base.pages import Page
from kandelia.kernel.access.contracts import Right, Role, Viewer
from kandelia.kernel.connections.contracts import ConnectionState, ConnectionView, State
from kandelia.kernel.events.report import REPORT_PERIOD_S, REPORTS_ASK, Process, Report, Trouble
from kandelia.kernel.signals.definitions import SignalView
from kandelia.kernel.things.contracts import AreaView, LineView, MachineView, SiteView

__all__ = [
    "REPORTS_ASK",
    "REPORT_PERIOD_S",
    "AreaView",
    "ConnectionState",
    "ConnectionView",
    "LineView",
    "MachineView",
    "Page",
    "Process",
    "Report",
    "Right",
    "Role",
    "SignalView",
    "SiteView",
    "State",
    "Trouble",
    "Viewer",
]
