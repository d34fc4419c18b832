"""The kernel's facades, as apps may call them: each function takes a Viewer first and answers frozen views."""

from kandelia.kernel.access import facade as access
from kandelia.kernel.commands import facade as commands
from kandelia.kernel.connections import facade as connections
from kandelia.kernel.events import facade as events
from kandelia.kernel.jobs import facade as jobs
from kandelia.kernel.papers import facade as papers
from kandelia.kernel.sharing import facade as sharing
from kandelia.kernel.signals import facade as signals
from kandelia.kernel.signals import quarantined as quarantine
from kandelia.kernel.templates import facade as templates
from kandelia.kernel.things import facade as things

__all__ = [
    "access",
    "commands",
    "connections",
    "events",
    "jobs",
    "papers",
    "quarantine",
    "sharing",
    "signals",
    "templates",
    "things",
]
