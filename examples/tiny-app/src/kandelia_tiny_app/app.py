"""What the app declares."""

from kandelia.base.text import LocalText
from kandelia.sdk.apps import App, NavigationEntry

app = App(
    name="gauges",
    title=LocalText("量具", "Gauges"),
    navigation=(NavigationEntry("make", LocalText("待校准", "Calibrations due"), "gauges-due", "ruler"),),
    urls="kandelia_tiny_app.urls",
    api="kandelia_tiny_app.api",
    commands=("kandelia_tiny_app.commands.gauges",),
)
