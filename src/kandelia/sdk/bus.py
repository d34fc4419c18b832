"""The bus for code that blocks, and what apps may say on it: sample batches, and the question how the roles are."""

from kandelia.kernel.connections.contracts import load_subject
from kandelia.kernel.events.bridge import bus_call, bus_iterate
from kandelia.kernel.events.plane.reports import ask_reports
from kandelia.ports.bus import Bus

__all__ = ["Bus", "ask_reports", "bus_call", "bus_iterate", "load_subject"]
