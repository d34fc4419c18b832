"""What the registers room declares."""

from kandelia.base.text import LocalText
from kandelia.sdk.apps import App

app = App(name="registers", title=LocalText("企业库", "Registers"), systems=("S58",))
