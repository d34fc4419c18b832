"""Area (区域) as a record."""

from typing import Any

from kandelia.base.text import LocalText
from kandelia.kernel.records.declaration import Field
from kandelia.kernel.things.declaring import count_words, level
from kandelia.kernel.things.models import Area, Line, Machine


def below(row: Any) -> str:
    """Its lines and machines in use."""
    lines = Line.objects.filter(area=row, entry__state="active").count()
    machines = Machine.objects.filter(area=row, entry__state="active").count()
    found = (count_words(lines, "line", "lines"), count_words(machines, "machine", "machines"))
    return ", ".join(filter(None, found))


AREA = level(
    Area,
    "area",
    LocalText("区域", "Area"),
    LocalText("区域", "Areas"),
    (Field("site", LocalText("场所", "Site"), editable=False),),
    below=below,
    icon="layers",
)
