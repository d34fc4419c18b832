"""What the room of files and jobs declares."""

from kandelia.base.text import LocalText
from kandelia.sdk.apps import App, NavigationEntry
from kandelia.sdk.views import Right

app = App(
    name="transfers",
    title=LocalText("导入与导出", "Import and export"),
    systems=("S12", "S76", "S83"),
    navigation=(
        NavigationEntry(
            "plant", LocalText("导入历史", "Import history"), "imports", "upload", Right.CONFIGURE, order=2
        ),
        NavigationEntry("plant", LocalText("任务", "Jobs"), "jobs", "list-checks", order=3),
    ),
    urls="kandelia.apps.transfers.urls",
    api="kandelia.apps.transfers.api",
)
