"""What the applications room declares."""

from kandelia.base.text import LocalText
from kandelia.sdk.apps import App

app = App(
    name="applications",
    title=LocalText("资助申报", "Applications"),
    systems=("S07", "S71", "S72", "S73"),
)
