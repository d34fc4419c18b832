"""What the room of limits declares."""

from kandelia.base.text import LocalText
from kandelia.sdk.apps import App, NavigationEntry

app = App(
    name="limits",
    title=LocalText("限值", "Limits"),
    systems=("S04", "S83"),
    navigation=(
        NavigationEntry("plant", LocalText("越限", "Limits broken"), "limits-active", "triangle-alert", order=1),
    ),
    urls="kandelia.apps.limits.urls",
    api="kandelia.apps.limits.api",
    commands=("kandelia.apps.limits.commands.rules",),
)
