"""Line (产线) as a record."""

from typing import Any

from kandelia.base.text import LocalText
from kandelia.kernel.records.declaration import Field
from kandelia.kernel.things.declaring import count_words, level
from kandelia.kernel.things.models import Line, Machine


def below(row: Any) -> str:
    """Its machines in use."""
    return count_words(Machine.objects.filter(line=row, entry__state="active").count(), "machine", "machines")


LINE = level(
    Line,
    "line",
    LocalText("产线", "Line"),
    LocalText("产线", "Lines"),
    (Field("area", LocalText("区域", "Area"), editable=False),),
    below=below,
    icon="workflow",
)
