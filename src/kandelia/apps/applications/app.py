"""What the applications room declares."""

from kandelia.base.text import LocalText
from kandelia.sdk.apps import App, NavigationEntry

app = App(
    name="applications",
    title=LocalText("资助申报", "Applications"),
    systems=("S07", "S71", "S72", "S73"),
    navigation=(
        NavigationEntry(
            "govern", LocalText("政策绩效", "Policy performance"), "applications-performance", "chart-column"
        ),
    ),
    urls="kandelia.apps.applications.urls",
    commands=("kandelia.apps.applications.commands.demo",),
)
