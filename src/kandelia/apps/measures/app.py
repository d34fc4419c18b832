"""What the measures room declares."""

from kandelia.base.text import LocalText
from kandelia.sdk.apps import App, NavigationEntry

app = App(
    name="measures",
    title=LocalText("政策计算", "Measures"),
    systems=("S58", "S71", "S72"),
    navigation=(NavigationEntry("govern", LocalText("政策计算", "Measures"), "measures", "calculator"),),
    urls="kandelia.apps.measures.urls",
    api="kandelia.apps.measures.api",
    search="kandelia.apps.measures.search.search",
    commands=("kandelia.apps.measures.commands.measures",),
    commands_need_records=False,
)
