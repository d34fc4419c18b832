"""What the room of templates declares. Its place in the rail is that of the record type."""

from kandelia.base.text import LocalText
from kandelia.sdk.apps import App

app = App(
    name="modelling",
    title=LocalText("建模", "Modelling"),
    systems=("S03", "S76"),
    urls="kandelia.apps.modelling.urls",
)
