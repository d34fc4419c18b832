"""What the system room declares."""

from kandelia.base.text import LocalText
from kandelia.sdk.apps import App, NavigationEntry
from kandelia.sdk.views import Right

app = App(
    name="system",
    title=LocalText("系统", "System"),
    systems=("S03",),
    navigation=(
        NavigationEntry("system", LocalText("系统状态", "System status"), "system-status", "server", Right.ADMINISTER),
        NavigationEntry("plant", LocalText("事件", "Events"), "events", "history", order=2),
        NavigationEntry("system", LocalText("隔离区", "Quarantine"), "quarantine", "shield-alert", Right.CONFIGURE),
        NavigationEntry("system", LocalText("审计", "Audit"), "audit", "scroll-text", Right.ADMINISTER),
    ),
    urls="kandelia.apps.system.urls",
    api="kandelia.apps.system.api",
)
