"""What the policy room declares."""

from kandelia.base.text import LocalText
from kandelia.sdk.apps import App

app = App(
    name="policy",
    title=LocalText("政策库", "Policy library"),
    systems=("S07", "S71", "S72", "S73"),
    commands=("kandelia.apps.policy.commands.policy",),
)
