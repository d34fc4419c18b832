"""Site (场所) as a record."""

from typing import Any
from zoneinfo import available_timezones

from kandelia.base.errors import InvalidInput
from kandelia.base.text import LocalText
from kandelia.kernel.records.declaration import Field
from kandelia.kernel.things.declaring import count_words, level
from kandelia.kernel.things.models import Area, Site


def check(row: Any) -> None:
    """A time zone that there is."""
    if row.time_zone and row.time_zone not in available_timezones():
        raise InvalidInput(f'there is no time zone "{row.time_zone}"', "time_zone", "give one such as Asia/Shanghai")


def below(row: Any) -> str:
    """Its areas in use."""
    return count_words(Area.objects.filter(site=row, entry__state="active").count(), "area", "areas")


SITE = level(
    Site,
    "site",
    LocalText("场所", "Site"),
    LocalText("场所", "Sites"),
    (),
    (Field("time_zone", LocalText("时区", "Time zone"), LocalText("如 Asia/Shanghai", "Such as Asia/Shanghai")),),
    below=below,
    icon="factory",
    check=check,
)
