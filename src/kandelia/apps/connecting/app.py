"""What the room of connections declares."""

from kandelia.base.text import LocalText
from kandelia.sdk.apps import App, NavigationEntry
from kandelia.sdk.views import Right

app = App(
    name="connecting",
    title=LocalText("连接", "Connections"),
    systems=("S03", "S77", "S78", "S83"),
    navigation=(
        NavigationEntry("plant", LocalText("连接", "Connections"), "connections", "plug", order=1),
        NavigationEntry(
            "plant", LocalText("设备身份", "Device identities"), "devices", "key-round", Right.CONFIGURE, 2
        ),
    ),
    urls="kandelia.apps.connecting.urls",
)
