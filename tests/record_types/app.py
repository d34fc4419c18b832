"""What the tests' room declares."""

from kandelia.base.text import LocalText
from kandelia.sdk.apps import App

app = App(name="trial", title=LocalText("试验", "Trial"))
