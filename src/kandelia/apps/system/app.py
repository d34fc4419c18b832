"""What the system room declares."""

from kandelia.base.text import LocalText
from kandelia.sdk.apps import App

app = App(name="system", title=LocalText("系统", "System"), systems=("S03",))
