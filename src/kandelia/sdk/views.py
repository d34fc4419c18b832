"""What facades answer, as plain frozen shapes. Loads without Django, so that an app's logic may use it."""

from kandelia.base.pages import Page
from kandelia.kernel.access.contracts import AuditView, Right, Role, Viewer
from kandelia.kernel.commands.contracts import CommandView
from kandelia.kernel.connections.contracts import ConnectionState, ConnectionView, State
from kandelia.kernel.events.contracts import Event
from kandelia.kernel.events.report import REPORT_PERIOD_S, REPORTS_ASK, Process, Report, Trouble
from kandelia.kernel.records.contracts import RecordView
from kandelia.kernel.signals.definitions import SignalVersionView, SignalView
from kandelia.kernel.signals.plane.quarantine import SetAside
from kandelia.kernel.things.contracts import AreaView, LineView, MachineView, SiteView

__all__ = [
    "REPORTS_ASK",
    "REPORT_PERIOD_S",
    "AreaView",
    "AuditView",
    "CommandView",
    "ConnectionState",
    "ConnectionView",
    "Event",
    "LineView",
    "MachineView",
    "Page",
    "Process",
    "RecordView",
    "Report",
    "Right",
    "Role",
    "SetAside",
    "SignalVersionView",
    "SignalView",
    "SiteView",
    "State",
    "Trouble",
    "Viewer",
]
