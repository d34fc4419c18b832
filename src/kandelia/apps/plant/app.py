"""What the plant room declares."""

from kandelia.base.text import LocalText
from kandelia.sdk.apps import App

app = App(name="plant", title=LocalText("工厂", "Plant"), systems=("S03", "S04", "S76", "S77", "S78", "S83"))
