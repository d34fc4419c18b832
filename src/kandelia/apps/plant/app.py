"""What the plant room declares."""

from kandelia.base.text import LocalText
from kandelia.sdk.apps import App, NavigationEntry

app = App(
    name="plant",
    title=LocalText("工厂", "Plant"),
    systems=("S03", "S04", "S76", "S77", "S78", "S83"),
    navigation=(
        NavigationEntry("plant", LocalText("工厂总览", "Overview"), "plant-overview", "factory"),
        NavigationEntry("plant", LocalText("看板", "Dashboards"), "plant-dashboards", "layout-dashboard"),
        NavigationEntry("plant", LocalText("浏览", "Explorer"), "plant-explore", "folder-tree"),
        NavigationEntry("plant", LocalText("对比", "Compare"), "plant-compare", "chart-line"),
        NavigationEntry("plant", LocalText("测点", "Signals"), "plant-signals", "activity"),
        NavigationEntry("plant", LocalText("与我共享", "Shared with us"), "plant-shared", "share-2"),
    ),
    urls="kandelia.apps.plant.urls",
    api="kandelia.apps.plant.api",
    search="kandelia.apps.plant.search.search",
)
